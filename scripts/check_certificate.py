#!/usr/bin/env python3
"""Is a certificate right? A second checker, in plain Python, that shares nothing with the first one.

    python3 scripts/check_certificate.py INSTANCE.json CERTIFICATE

Written from crates/checker/FORMAT.md alone: rules R0 to R9, sections, proofs and names are found there. All numbers are integers
or fractions. Prints one line; exits with 0 if the certificate is accepted, 1 if it is refused, 2 if there is no verdict.
"""
import hashlib, io, json, math, operator, struct, sys
from collections import namedtuple
from fractions import Fraction
from itertools import combinations, combinations_with_replacement as multisets

MAGIC, SPLIT, BOUND, OFF, NOTHING = b"optgap-certificate/1", 1, 2, 3, float("-inf")
Dual = namedtuple("Dual", "numbers below")  # q_g = numbers[g] / below
Ray = namedtuple("Ray", "vector values positive")  # v; for all points v . x_t and max(0, v . x_t)
Region = namedtuple("Region", "key rays cut")  # regions with equal keys are the same

class Refused(Exception): """By which rule, and why."""
def need(holds, rule, reason):
    if not holds: raise Refused(f"rule {rule}: {reason}")
def dot(a, b): return sum(map(operator.mul, a, b))
def integers(doubles):  # finite doubles as integers over one denominator, a power of two
    ratios = [double.as_integer_ratio() for double in doubles]
    common = max((below for _, below in ratios), default=1)
    return [above * (common // below) for above, below in ratios], common
def reduced(matrix):  # Gauss, Jordan and Bareiss: pivot columns, a number d, and rows, of which row i has d in pivot column i
    rows, pivots, d = [list(row) for row in matrix], [], 1
    for column in range(len(rows[0]) if rows else 0):
        top = len(pivots)
        one = next((row for row in rows[top:] if row[column]), None)
        if one is not None:
            pivot = one[column]  # the division below leaves no remainder
            others = [[(pivot * a - row[column] * b) // d for a, b in zip(row, one)] for row in rows if row is not one]
            rows, pivots, d = others[:top] + [one] + others[top:], pivots + [column], pivot
    return pivots, d, rows
def coefficients(rays, vector):  # c_l, times one positive number, with vector = sum c_l rays[l]; None if the rays are dependent
    pivots, d, rows = reduced(zip(*rays, vector))
    return [row[-1] if d > 0 else -row[-1] for row in rows] if pivots == list(range(len(rays))) else None

class Problem:
    """Section 1. Points are integers over `scale`, the sums `s` of labels over `unit`; `multiple` is one of all m."""
    def __init__(self, instance):
        network = instance["network"]
        meaning = instance["format"], instance.get("loss", "squared"), network.get("activation", "relu")
        x, y = [[float(v) + 0.0 for v in row] for row in instance["x"]], [float(v) + 0.0 for v in instance["y"]]  # no -0.0
        self.n, self.k, self.dense = len(x), network["width"], {"dense": True, "shared-filter": False}[network["kind"]]
        self.patches, self.size = (1, len(x[0])) if self.dense else (network["patches"], network["patch_size"])
        shape = {len(row) for row in x} == {self.patches * self.size} and len(y) == self.n and min(self.k, self.patches) >= 1
        shape = shape and (self.dense or self.k == 1) and instance.get("weight_decay", 0) == 0
        if meaning != ("optgap-instance/1", "squared", "relu") or not shape:
            raise ValueError("the shape is wrong, or the meaning: ReLU, the squared loss, no weight decay")
        defaults = {"hidden_bias": True, "output_bias": False, "train_output": True}
        flags = self.hidden_bias, self.output_bias, self.train_output = [network.get(*default) for default in defaults.items()]
        head = struct.pack("<20s4Q3?", MAGIC, self.n, len(x[0]), self.patches, self.k, *flags)
        self.fingerprint = hashlib.sha256(head + b"".join(struct.pack("<d", v) for row in x + [y] for v in row)).digest()
        (labels, self.unit), points, groups, one = integers(y), {}, {}, [1.0] * self.hidden_bias
        for row, label in zip(x, labels):
            patches = (row[p * self.size : (p + 1) * self.size] + one for p in range(self.patches))
            shown = sorted(points.setdefault(tuple(patch), len(points)) for patch in patches)
            groups.setdefault(tuple(shown), []).append(label)
        flat, self.scale = integers([v for point in points for v in point])
        self.points = [flat[t * len(point) : (t + 1) * len(point)] for point, t in points.items()]
        self.rank = len(columns := reduced(self.points)[0])
        self.coordinates = [[point[c] for c in columns] for point in self.points]
        self.shown, self.m, self.s = list(groups), [len(ys) for ys in groups.values()], [sum(ys) for ys in groups.values()]
        self.squares, self.multiple = dot(labels, labels), math.prod(set(self.m))
        self.showing = [[g for g, shown in enumerate(groups) for other in shown if other == t] for t in points.values()]
    def scaled(self, dual, claim, sign=1):
        # A factor; times it all q_g and sign * S_g + q_g, as integers; and times its square the claim less all Q_g.
        factor = self.unit * self.multiple * dual.below
        q = [number * self.unit * self.multiple for number in dual.numbers]
        sums = [sign * s * self.multiple * dual.below + number for s, number in zip(self.s, q)]
        return factor, q, sums, claim * factor**2 - self.squares * (self.multiple * dual.below) ** 2
    def reaches(self, dual, claim):  # is B(q) of (D) at least the claim?
        _, _, sums, target = self.scaled(dual, claim)
        return target + sum(total**2 // m for total, m in zip(sums, self.m)) <= 0
    def loss_of(self, weights):  # R9: exactly
        values = iter(weights)
        w, b, a, c = ([next(values) for _ in range(size)] for size in (self.k * self.size, self.k, self.k, 1))
        fixed = (self.hidden_bias or not any(b)) and (self.train_output or a == [1] * self.k) and (self.output_bias or c == [0])
        need(fixed, "R8", "the weights have parts that the network has not")
        u = [w[j * self.size : (j + 1) * self.size] + [b[j]] * self.hidden_bias for j in range(self.k)]
        at_points = [dot(a, [max(0, dot(vector, point)) for vector in u]) / self.scale for point in self.points]
        predictions = [sum(at_points[t] for t in shown) / self.patches + c[0] for shown in self.shown]
        terms = [m * p**2 - 2 * p * s / self.unit for m, p, s in zip(self.m, predictions, self.s)]
        return sum(terms, Fraction(self.squares, self.unit**2)) / self.n

class Reader(io.BytesIO):
    """Section 2: bytes that are read from their beginning to their end."""
    def take(self, length):
        data = self.read(min(length, 1 << 60))
        need(len(data) == length, "R8", "bytes are missing")
        return data
    def done(self): need(not self.read(1), "R8", "bytes are left over")
    def u8(self): return self.take(1)[0]
    def f64(self):
        (value,) = struct.unpack("<d", self.take(8))
        need(abs(value) < float("inf"), "R8", "a double is not finite")
        return Fraction(value)
    def uint(self, places=10):
        byte = self.u8()
        value = byte % 128 + (128 * self.uint(places - 1) if byte >= 128 and places > 1 else 0)
        need(value < 2**64 and (byte < 128 or places > 1), "R8", "a number is too long")
        return value
    def big(self):
        head = self.uint()
        need(head // 2 <= 65536, "R8", "a number is too long")
        return int.from_bytes(self.take(head // 2), "little") * (-1 if head % 2 else 1)
    def vector(self, groups):
        exponent, bits = self.uint(), self.u8()
        exponent = -(exponent + 1) // 2 if exponent % 2 else exponent // 2
        packed = int.from_bytes(self.take((bits * groups + 7) // 8), "little")
        numbers = [packed >> bits * g & (1 << bits) - 1 for g in range(groups)]
        count, last = self.uint(), -1
        below = self.big() if count else 1
        need(abs(exponent) <= 8192 and 1 <= bits <= 64 and packed >> bits * groups == 0 and below > 0, "R8", "a vector's head")
        numbers = [(number - (number >> bits - 1 << bits)) * below for number in numbers]
        for _ in range(count):
            group, numerator = self.uint(), self.big()
            need(last < group < groups and numbers[group] == 0, "R8", "the groups with numerators")
            numbers[group], last = numerator, group
        return Dual([number << max(0, exponent) for number in numbers], below << max(0, -exponent))

class Neurons:
    """What sections 4 and 5 share. A node is a pair: p, and a region for every neuron."""
    def __init__(self, problem, _):
        self.problem, self.k, self.coordinates = problem, problem.k, problem.coordinates
        self.numbers_positive = range(self.k + 1) if problem.train_output else [self.k]
    def ray(self, vector):
        values = [dot(vector, point) for point in self.coordinates]
        return Ray(tuple(vector), values, [max(0, value) for value in values])
    def split(self, node, body, _):  # R4, then the children: the first G - c of G neurons in one half, the others in the other
        (p, regions), bits = node, body.uint()
        neurons = [j for j in range(self.k) if bits >> j & 1]
        need(len({(j < p, regions[j].key) for j in neurons}) == 1 and bits < 1 << self.k, "R4", "the neurons cannot be exchanged")
        halves = self.halves(regions[neurons[0]], body)
        places = [{j: halves[place >= first] for place, j in enumerate(neurons)} for first in range(len(neurons), -1, -1)]
        return body.uint(), [(p, [new.get(j, region) for j, region in enumerate(regions)]) for new in places]
    def off(self, node, body, _):  # R5: the neuron is off at all points, on all of its region
        j = body.uint()
        on = j >= self.k or any(any(ray.positive) for ray in node[1][j].rays) or not any(map(any, self.problem.points))
        return need(not on, "R5", "the neuron is on somewhere, or there is none, or all points are 0") or True
    def bound(self, node, body, claim):  # R6; a neuron's factors are those of max(0, v . x_t) at its rays v, and some of v . x_t
        (p, regions), dual = node, body.vector(len(self.problem.m))
        factors = [self.factors([q if j < p else -q for q in dual.numbers], region, body) for j, region in enumerate(regions)]
        if not self.problem.reaches(dual, claim): return False
        need(not self.problem.output_bias or sum(dual.numbers) == 0, "R6", "the dual numbers do not add up to 0")
        for (bent, linear), region in zip(factors, regions):
            sums = (dot(bent, ray.positive) + sum(q * ray.values[i] for i, q in linear) for ray in region.rays)
            need(all(total >= 0 for total in sums), "R6", "the sum has the wrong sign at a ray")
        return True

class Cells(Neurons):
    """Section 4. A region's key is the set of its constraints: pairs of a point and 1 (on) or -1 (off)."""
    def roots(self):
        space = Region(frozenset(), self.all_rays(self.problem.rank), None)
        return ((p, [space] * self.k) for p in self.numbers_positive)
    def all_rays(self, dimension):
        lines = {}
        for points in combinations(self.coordinates, dimension - 1) if dimension else ():
            pivots, d, rows = reduced(points)
            if len(pivots) == dimension - 1:
                (free,) = set(range(dimension)) - set(pivots)
                entries = {free: d, **{column: -row[free] for row, column in zip(rows, pivots)}}
                rays = [self.ray([sign * entries[c] for c in range(dimension)]) for sign in (1, -1)]
                lines[tuple(map(bool, rays[0].values))] = rays
        return [ray for rays in lines.values() for ray in rays]
    def halves(self, region, body):
        point, some = body.uint(), lambda side: [ray for ray in region.rays if side * ray.values[point] >= 0]
        need(point < len(self.coordinates), "R3", "there is no such point")
        return [Region(region.key | {(point, side)}, some(side), None) for side in (1, -1)]
    def factors(self, numbers, _region, _body): return [sum(numbers[g] for g in groups) for groups in self.problem.showing], []

class Cones(Neurons):
    """Section 5. A region's key is the list of its rays."""
    def __init__(self, problem, file):
        super().__init__(problem, file)
        columns = [file.uint() for _ in range(file.uint())]
        ascending = all(a < b for a, b in zip([-1] + columns, columns + [len(problem.points[0])]))
        need(problem.dense and len(columns) == problem.rank > 0 and ascending, "R1", "the network, or the columns")
        self.coordinates = [[point[c] for c in columns] for point in problem.points]
        self.frame = [self.ray([file.big() for _ in columns]) for _ in range(len(columns) + 1)]
        parts = coefficients([ray.vector for ray in self.frame[1:]], self.frame[0].vector)
        need(parts is not None and all(c < 0 for c in parts), "R1", "the cones do not cover the space")
        need(len(reduced(self.coordinates)[0]) == len(columns), "R1", "the columns are dependent")
    def region(self, rays):
        return Region(tuple(ray.vector for ray in rays), rays, [min(z) < 0 < max(z) for z in zip(*(ray.values for ray in rays))])
    def roots(self):
        cones = [self.region(self.frame[:o] + self.frame[o + 1 :]) for o in range(len(self.frame))]
        return ((p, a + b) for p in self.numbers_positive for a in multisets(cones, p) for b in multisets(cones, self.k - p))
    def halves(self, region, body):  # R3: the new ray is alpha v_a + beta v_b - sum c_l v_l
        a, b, ray = body.uint(), body.uint(), self.ray([body.big() for _ in self.frame[1:]])
        need(a != b and max(a, b) < len(region.rays), "R3", "the places")
        parts = coefficients(region.key, ray.vector)  # the region's rays are independent, as the frame's are
        need(all(c > 0 if l in (a, b) else c <= 0 for l, c in enumerate(parts)), "R3", "the new ray does not halve the cone")
        return [self.region([ray if l == place else old for l, old in enumerate(region.rays)]) for place in (b, a)]
    def factors(self, numbers, region, body):
        slopes = {i: body.u8() for i, cut in enumerate(region.cut) if cut and numbers[i] > 0}
        need(max(slopes.values(), default=0) <= 16, "R6", "a slope is above 16")
        bent = [0 if i in slopes else 16 * number for i, number in enumerate(numbers)]
        return bent, [(i, numbers[i] * slope) for i, slope in slopes.items()]

class Sides:
    """Section 6. A node: the sign s, and for each group "on", "off" or, if it is open, its low (or NOTHING)."""
    def __init__(self, problem, _):
        need(problem.dense and problem.k == 1 and not problem.output_bias, "R8", "sides are for one neuron without output bias")
        self.problem = problem
    def roots(self): return ((sign, [NOTHING] * len(self.problem.m)) for sign in ([1, -1] if self.problem.train_output else [1]))
    def off(self, *_): raise Refused("rule R5: sides have no OFF")
    def need_open(self, said, group, rule): need(group < len(said) and said[group] not in ("on", "off"), rule, "it is not open")
    def split(self, node, body, _):
        (sign, said), group = node, body.uint()
        self.need_open(said, group, "R3")
        return body.uint(), [(sign, said[:group] + [side] + said[group + 1 :]) for side in ("on", "off")]
    def normal_equations(self, said, sums):  # H, with h as a last column
        on = [each[1:] for each in zip(said, self.problem.m, self.problem.coordinates, sums) if each[0] == "on"]
        axes = range(self.problem.rank)
        return [[sum(m * x[a] * x[b] for m, x, _ in on) for b in axes] + [sum(t * x[a] for _, x, t in on)] for a in axes]
    def minimum(self, equations, x):  # z0 and w at the point x; w is None if H is singular or x = 0
        pivots, d, rows = reduced(row + [entry] for row, entry in zip(equations, x))
        z0, spread = (dot(x, [row[column] for row in rows]) for column in (-2, -1))
        return (Fraction(z0, d), Fraction(d, spread)) if pivots == list(range(len(x))) and any(x) else (0, None)
    def bound(self, node, body, claim):  # R6 and B, then the claims; all as in the text, times the factor or its square
        (sign, said), problem, dual = node, self.problem, body.vector(len(self.problem.m))
        claims = [(body.uint(), what := body.u8(), body.f64() if what == 2 else 0) for _ in range(body.uint())]
        ascending = all(a[0] < b[0] for a, b in zip(claims, claims[1:]))
        need(ascending and all(what <= 2 for _, what, _ in claims), "R7", "the claims do not ascend, or say nothing that is known")
        factor, q, sums, target = problem.scaled(dual, claim, sign)
        need(not any(dot(q, column) for column in zip(*problem.points)), "R6", "the dual numbers do not balance")
        need(all(a >= 0 or side not in ("off", NOTHING) for a, side in zip(q, said)), "R6", "a dual number is negative")
        edges = [2 * a * side * factor if a < 0 and side != "on" else 0 for a, side in zip(q, said)]
        bent = [max(max(0, t) ** 2 // m, edge) for t, m, edge in zip(sums, problem.m, edges)]
        drops = [{"on": t**2 // m, "off": 0}.get(side, drop) for side, t, m, drop in zip(said, sums, problem.m, bent)]  # Q - c
        missing, equations = target + sum(drops), self.normal_equations(said, sums) if claims else None  # L - B
        if missing <= 0: return True
        for g, what, low in claims:
            self.need_open(said, g, "R7")
            z0, w = self.minimum(equations, problem.coordinates[g])
            need(w is not None or what == 0, "R7", "H is singular, or the point is 0")
            if what == 0: gain = drops[g] - edges[g] + (w or 0) * max(0, z0) ** 2
            if what == 1: gain = drops[g] + w * z0**2 - max(0, sums[g] + w * z0) ** 2 / (problem.m[g] + w)
            if what == 2: gain = w * (z0 - low * factor) ** 2 if low * factor <= min(0, z0) else -1
            need(gain >= missing, "R7", f"the claim at group {g} does not hold")
        for g, what, low in claims:
            if said[g] not in ("on", "off"): said[g] = ("on", "off", max(low, said[g]))[what]
        return False

def read(data, problem):  # R8: the kind, the records of each node, the claim and the weights
    file, records = Reader(data[:-32]), {}
    need(hashlib.sha256(data[:-32]).digest() == data[-32:], "R8", "the checksum is wrong")
    need(file.take(52) == MAGIC + problem.fingerprint, "R8", "the certificate is about another instance")
    kind = {1: Cells, 2: Cones, 3: Sides}.get(file.u8())
    need(kind, "R8", "the kind is unknown")
    kind = kind(problem, file)
    for tag in iter(file.u8, 0):
        found = records.setdefault(file.uint(), [])
        need(tag == BOUND or tag <= OFF and all(tag != other for other, _ in found), "R8", "a record's tag is wrong or repeated")
        found.append((tag, Reader(file.take(file.uint()))))
    claim, weights = file.f64(), [file.f64() for _ in range(problem.k * (problem.size + 2) + 1)]
    need(claim >= 0 and file.uint() == sum(map(len, records.values())), "R8", "the claim or the number of records")
    file.done()
    return kind, records, claim, weights
def visit(kind, node, records, claim):  # section 3: the first child and the children on which the node rests, if it rests on any
    for tag, body in sorted(records, key=lambda record: -record[0]):  # OFF, then BOUND, then SPLIT
        accepted = {SPLIT: kind.split, BOUND: kind.bound, OFF: kind.off}[tag](node, body, claim)
        body.done()
        if accepted: return (0, []) if accepted is True else accepted
    raise Refused("rule R8: no record accepts it")
def check(problem, data):  # R9: the lower bound, the loss of the weights, and the number of nodes that are reached and accepted
    kind, records, claim, weights = read(data, problem)
    lower, upper, reached = claim / problem.n, problem.loss_of(weights), set()
    for root in enumerate(() if problem.reaches(Dual([0] * len(problem.m), 1), claim) else kind.roots()):  # R0
        stack = [root]
        while stack:
            number, node = stack.pop()
            try:
                need(number not in reached, "R8", "it is reached twice")
                first, children = visit(kind, node, records.get(number, ()), claim)
                need(first > number or not children, "R8", "children come before their parent")
            except Refused as refusal: raise Refused(f"node {number}, {refusal}") from None
            reached.add(number)
            stack += enumerate(children, first)
    need(lower <= upper, "R9", "the weights lie below the bound: this checker or the format is wrong")
    return lower, upper, len(reached)
def main(arguments):
    getattr(sys, "set_int_max_str_digits", int)(0)  # fractions may be long
    try:
        instance, certificate = arguments
        with open(instance, encoding="utf-8") as text, open(certificate, "rb") as file:
            lower, upper, nodes = check(Problem(json.load(text)), file.read())
    except Refused as refusal: return print(f"refused: {refusal}") or 1
    except Exception as error:
        return print(f"no verdict: {error!r}; usage: check_certificate.py INSTANCE.json CERTIFICATE", file=sys.stderr) or 2
    low, high = (f"{bound} (about {float(min(bound, Fraction(sys.float_info.max))):.12g})" for bound in (lower, upper))
    return print(f"accepted: lower = {low}, upper = {high}, {nodes} nodes")

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
