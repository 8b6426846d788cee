"""What verify decides, a property a module: decide(question) gives a Verdict, or None where there is nothing to say."""
