# One image for every process: pages (the default), sockets, worker, migrate. See DEPLOY.md.
FROM python:3.13-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt /
RUN /venv/bin/pip install --quiet --require-hashes --requirement /requirements.txt

WORKDIR /app
COPY . .
# Settings want their values even to collect files; these stay in this stage and open nothing.
RUN export GROUNDWORK_ENV=production VAR_DIR=/tmp/build DATABASE_URL=sqlite:////tmp/build/none \
        SITE_URL=https://build.invalid SMTP_URL=smtp://build.invalid \
        SECRET_KEY=only-to-build-this-image-abcdefghijklmnopqrstuvwxyz-0123456789 \
    && /venv/bin/python manage.py compilemessages \
    && /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /venv/bin/python -m compileall -q . /venv/lib

FROM python:3.13-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin groundwork \
    && install -d -o groundwork -g groundwork -m 750 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GROUNDWORK_ENV=production \
    VAR_DIR=/data
WORKDIR /app
USER groundwork
VOLUME /data
EXPOSE 8000 8001
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "deploy/probe.py", "8000"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "lms.wsgi:application"]
