"""The page of recorded clips that shows what was called and why: what is recorded is a laboratory's."""
