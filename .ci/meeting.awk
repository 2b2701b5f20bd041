# Prints the tests among Go files in which goroutines meet: those that start
# some, or call a function of these files that does.
/^func / {
  name = $0
  sub(/^func (\([^)]*\) )?/, "", name)
  sub(/[^A-Za-z0-9_].*/, "", name)
}
{ body[name] = body[name] "\n" $0 }
/\.Go\(|(^|[^A-Za-z])go func/ { meet[name] }
END {
  do {
    more = 0
    for (f in body)
      for (m in meet)
        if (!(f in meet) && m !~ /^Test/ && body[f] ~ "[^A-Za-z0-9_]" m "\\(") {
          meet[f]
          more = 1
        }
  } while (more)
  for (f in meet)
    if (f ~ /^Test/)
      print f
}
