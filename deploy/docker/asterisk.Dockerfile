# Asterisk 22 as the project unpacks it, with just enough of the service to write its configuration and answer when the rest is down.
ARG BASE=debian:12-slim
FROM ${BASE}

RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/hotline --create-home hotline

WORKDIR /opt/hotline
COPY . .

ENV XDG_CACHE_HOME=/var/cache
RUN ./hotline setup base asterisk \
 && rm -rf /var/cache/hotline12345 /var/cache/pip \
 && .hotline/venv/bin/python -m compileall -q -j 0 .hotline/venv/lib app agi core store

USER hotline
ENV HOTLINE_HOME=/var/lib/hotline PYTHONPATH=/opt/hotline PYTHONUNBUFFERED=1
VOLUME ["/var/lib/hotline"]
ENTRYPOINT ["tini", "--", ".hotline/venv/bin/python", "deploy/switch.py"]
