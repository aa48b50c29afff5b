"""A partnership of practice councils, met only over sockets: mail servers, a telephone exchange, websites.

`python -m scenarios.practice` starts it; `house.partnership()` does so from Python. How each council behaves is data:
councils/*.yaml, texts.yaml, services.yaml. Nothing here knows how a probe measures, and no probe knows what is here.
"""
