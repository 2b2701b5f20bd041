# One static binary, the time zones in it, and the certificates of public
# authorities beside it. make image builds it.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=""
ARG COMMIT=""
RUN make build VERSION="$VERSION" COMMIT="$COMMIT"
# Copied with its owner, so that a volume put there can be written.
RUN mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/dist/appeal /usr/local/bin/appeal
COPY --from=build --chown=65532:65532 /out/data /data
ENV DATABASE_URL=sqlite:/data/appeal.db
# The only folder that can be written; exports are made there.
ENV TMPDIR=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/appeal"]
CMD ["serve"]
