"""The trust floor: verdicts, the searches that earn them, certificates and their independent checker."""
