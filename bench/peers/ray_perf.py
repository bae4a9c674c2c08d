"""The rows of the micro-benchmark for Ray, in the same shapes and with the same timing.

Takes one JSON argument {"warmUpMs", "rounds", "roundMs", "wanted"}; prints {"version", "values"} as its last line.
Exit code 3: Ray is not installed.
"""

import json
import statistics
import sys
import time

try:
    import numpy
    import ray
except ImportError:
    sys.exit(3)

CPUS = 2
BIG = numpy.ones(100 * 2**20, dtype=numpy.float64)


@ray.remote
def small():
    return "ok"


@ray.remote
def make_refs(count):
    return {"refs": [ray.put(1) for _ in range(count)]}


@ray.remote
class Counter:
    def __init__(self):
        self.calls = 0

    def next(self):
        self.calls += 1
        return self.calls


def call_in_turn(counters, count):
    refs = [counters[i % len(counters)].next.remote() for i in range(count)]
    return sum(value > 0 for value in ray.get(refs))


@ray.remote
class Client:
    def run_tasks(self, count):
        return sum(value == "ok" for value in ray.get([small.remote() for _ in range(count)]))

    def call_actors(self, counters, count):
        return call_in_turn(counters, count)


@ray.remote
def call_actors(counters, count):
    return call_in_turn(counters, count)


def get_calls():
    ref = ray.put(0)

    def iteration():
        for _ in range(100):
            assert ray.get(ref) == 0
        return 100

    return iteration


def put_calls():
    def iteration():
        for i in range(100):
            last = ray.put(i)
        assert ray.get(last) == 99
        return 100

    return iteration


def put_gigabytes():
    def iteration():
        stored = ray.get(ray.put(BIG))
        assert len(stored) == len(BIG) and stored[-1] == 1
        return 1

    return iteration


def batches(calls_per_batch):
    def iteration():
        assert ray.get([small.remote() for _ in range(1000)]) == ["ok"] * 1000
        return calls_per_batch

    return lambda: iteration


def tasks_sync():
    def iteration():
        for _ in range(10):
            assert ray.get(small.remote()) == "ok"
        return 10

    return iteration


def get_many_refs():
    holder = make_refs.remote(10_000)

    def iteration():
        assert len(ray.get(holder)["refs"]) == 10_000
        return 1

    return iteration


def wait_refs():
    def iteration():
        pending = [small.remote() for _ in range(1000)]
        while pending:
            ready, pending = ray.wait(pending)
            assert len(ready) == 1
        return 1

    return iteration


def multi_client():
    clients = [Client.remote() for _ in range(4)]

    def iteration():
        assert ray.get([client.run_tasks.remote(10_000) for client in clients]) == [10_000] * 4
        return 40_000

    return iteration


def actor_calls(per_look, batch):
    def prepare():
        counter = Counter.remote()

        def iteration():
            if batch:
                values = ray.get([counter.next.remote() for _ in range(per_look)])
            else:
                values = [ray.get(counter.next.remote()) for _ in range(per_look)]
            assert values == list(range(values[0], values[0] + per_look))
            return per_look

        return iteration

    return prepare


def counters():
    return [Counter.remote() for _ in range(max(1, CPUS // 2))]


def one_to_many():
    actors = counters()
    client = Client.remote()
    total = 5000 * len(actors)

    def iteration():
        assert ray.get(client.call_actors.remote(actors, total)) == total
        return total

    return iteration


def many_to_many():
    actors = counters()

    def iteration():
        assert ray.get([call_actors.remote(actors, 5000) for _ in range(4)]) == [5000] * 4
        return 20_000

    return iteration


ROWS = {
    "single client get calls": (get_calls, 1),
    "single client put calls": (put_calls, 1),
    "single client put gigabytes": (put_gigabytes, BIG.nbytes / 1e9),
    "single client tasks and get batch": (batches(1), 1),
    "single client get object containing 10k refs": (get_many_refs, 1),
    "single client wait 1k refs": (wait_refs, 1),
    "single client tasks sync": (tasks_sync, 1),
    "single client tasks async": (batches(1000), 1),
    "multi client tasks async": (multi_client, 1),
    "1:1 actor calls sync": (actor_calls(10, batch=False), 1),
    "1:1 actor calls async": (actor_calls(1000, batch=True), 1),
    "1:n actor calls async": (one_to_many, 1),
    "n:n actor calls async": (many_to_many, 1),
    # A driver on the head node: the only kind that submits at a comparable rate.
    "remote driver tasks async": (batches(1000), 1),
    "remote driver tasks sync": (tasks_sync, 1),
}


def run_for(iteration, seconds):
    start = time.perf_counter()
    calls = 0
    while True:
        calls += iteration()
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return calls / elapsed


def main():
    order = json.loads(sys.argv[1])
    ray.init(num_cpus=CPUS, address="local", log_to_driver=False)
    values = {}
    for name in order["wanted"]:
        prepare, units_per_call = ROWS[name]
        iteration = prepare()
        run_for(iteration, order["warmUpMs"] / 1000)
        rates = [run_for(iteration, order["roundMs"] / 1000) for _ in range(order["rounds"])]
        values[name] = statistics.median(rates) * units_per_call
    ray.shutdown()
    print(json.dumps({"version": ray.__version__, "values": values}))


main()
