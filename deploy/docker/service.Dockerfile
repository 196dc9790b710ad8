# The service. PARTS says how much of it: captions, transcripts and prompts need speech.
ARG BASE=debian:12-slim
FROM ${BASE}

RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/hotline --create-home hotline

WORKDIR /opt/hotline
COPY . .

# Downloads are removed in the layer that made them; what the parts are stays. The cache folder is also where speech is kept.
ARG PARTS="base"
ENV XDG_CACHE_HOME=/var/cache
RUN ./hotline setup ${PARTS} \
 && rm -rf /var/cache/hotline12345/wheels /var/cache/hotline12345/apt /var/cache/hotline12345/npm /var/cache/pip desk/node_modules \
 && .hotline/venv/bin/python -m compileall -q -j 0 .hotline/venv/lib app api agi asr core store \
 && mkdir -p /var/cache/hotline12345 && chown -R hotline:hotline /var/cache/hotline12345

USER hotline
ENV HOTLINE_HOME=/var/lib/hotline PYTHONPATH=/opt/hotline PYTHONUNBUFFERED=1
VOLUME ["/var/lib/hotline"]
ENTRYPOINT ["tini", "--"]
CMD ["./hotline", "serve", "--role", "all"]
