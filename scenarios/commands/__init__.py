"""The commands of `doorstep`, by what they are about. The program itself, and how it fails, is `scenarios.cli`."""
