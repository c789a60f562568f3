"""`--help` of commands and parsers in the language that is spoken."""
