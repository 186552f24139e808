"""A Transformer of OpenNMT-py's kind: norms first, ReLU, sinusoids for the positions."""

import math

import torch
from torch import nn
from torch.nn import functional

from test_models.pieces import END, PADDING, START
from test_models.training import sinusoids

WIDTH, HEADS, LAYERS, INNER = 128, 4, 2, 256
STORED_POSITIONS = 512
MASKED = -1e9


def stored_positions():
    """As OpenNMT-py makes and stores them: sine and cosine take turns, the first position is 0."""
    return sinusoids_by_turns(STORED_POSITIONS)


def sinusoids_by_turns(length):
    speeds = torch.exp(-math.log(10000) / WIDTH * torch.arange(0, WIDTH, 2))
    angles = torch.arange(length)[:, None] * speeds[None]
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, source, mask):
        """And the scores [batch, heads, positions of x, positions of source]."""
        query, key, value = (y.view(y.shape[0], y.shape[1], HEADS, -1).transpose(1, 2)
                             for y in (self.query(x), self.key(source), self.value(source)))
        scores = (query * (WIDTH // HEADS) ** -0.5) @ key.transpose(2, 3) + mask
        mixed = scores.softmax(dim=-1) @ value
        return self.out(mixed.transpose(1, 2).flatten(2)), scores


class Layer(nn.Module):
    def __init__(self, crosses):
        super().__init__()
        self.self_norm, self.self_attention = nn.LayerNorm(WIDTH), Attention()
        if crosses:
            self.norm, self.attention = nn.LayerNorm(WIDTH), Attention()
        self.ffn_norm = nn.LayerNorm(WIDTH)
        self.ffn = nn.ModuleList([nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)])

    def forward(self, x, mask, source=None, source_mask=None):
        normal = self.self_norm(x)
        x = x + self.self_attention(normal, normal, mask)[0]
        scores = None
        if source is not None:
            change, scores = self.attention(self.norm(x), source, source_mask)
            x = x + change
        return x + self.ffn[1](functional.relu(self.ffn[0](self.ffn_norm(x)))), scores


class Transformer(nn.Module):
    """With one vocabulary the same embedding reads the source, reads the target and writes it."""

    def __init__(self, source_size, target_size, is_shared, stores_positions):
        super().__init__()

        def embedding(size):
            return nn.Parameter(torch.randn(size, WIDTH) * WIDTH ** -0.5)

        self.source_embedding = embedding(source_size)
        self.target_embedding = self.source_embedding if is_shared else embedding(target_size)
        self.output_embedding = self.source_embedding if is_shared else embedding(target_size)
        self.output_bias = nn.Parameter(torch.zeros(target_size))
        self.encoder = nn.ModuleList(Layer(False) for _ in range(LAYERS))
        self.encoder_norm = nn.LayerNorm(WIDTH)
        self.decoder = nn.ModuleList(Layer(True) for _ in range(LAYERS))
        self.decoder_norm = nn.LayerNorm(WIDTH)
        positions = stored_positions() if stores_positions else sinusoids(STORED_POSITIONS, WIDTH, first=1)
        self.register_buffer("positions", positions)
        for name, value in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(value)

    def encode(self, source):
        """What the encoder makes of [batch, positions], and the mask of what is padding."""
        mask = torch.where(source == PADDING, MASKED, 0.0)[:, None, None]
        x = self.source_embedding[source] * WIDTH ** 0.5 + self.positions[:source.shape[1]]
        for layer in self.encoder:
            x, _ = layer(x, mask)
        return self.encoder_norm(x), mask

    def decode(self, tokens, memory, mask):
        """Logits, and the scores of the first head of the last layer, [batch, target, source]."""
        count = tokens.shape[1]
        x = self.target_embedding[tokens] * WIDTH ** 0.5 + self.positions[:count]
        later = torch.full((count, count), MASKED).triu(1)
        for layer in self.decoder:
            x, scores = layer(x, later, memory, mask)
        return self.decoder_norm(x) @ self.output_embedding.T + self.output_bias, scores[:, 0]


def padded(rows):
    table = torch.full((len(rows), max(len(row) for row in rows)), PADDING)
    for number, row in enumerate(rows):
        table[number, :len(row)] = torch.tensor(row)
    return table


def longest(sources):
    return min(STORED_POSITIONS - 1, 3 * max(len(source) for source in sources) + 16)


@torch.no_grad()
def greedy(model, sources):
    """For each source the tokens, and for each token the piece of the source that it looks at most."""
    memory, mask = model.encode(padded(sources))
    tokens = torch.full((len(sources), 1), START)
    looks = torch.zeros(len(sources), 0, dtype=torch.long)
    while tokens.shape[1] <= longest(sources) and not (tokens == END).any(dim=1).all():
        logits, scores = model.decode(tokens, memory, mask)
        tokens = torch.cat([tokens, logits[:, -1].argmax(dim=-1, keepdim=True)], dim=1)
        looks = torch.cat([looks, scores[:, -1].argmax(dim=-1, keepdim=True)], dim=1)
    found = []
    for row, places in zip(tokens.tolist(), looks.tolist()):
        size = row.index(END) - 1 if END in row else len(row) - 1
        found.append((row[1:size + 1], places[:size]))
    return found


@torch.no_grad()
def beam(model, source, size=4, length_penalty=0.2):
    """The tokens of the best of the first translations that end, as many as the beam is wide, by the sum of their
    logarithms over their length to the power of `length_penalty`; and where each looks."""
    memory, mask = model.encode(torch.tensor([source]))
    live, done = [(0.0, [START], [])], []
    while len(done) < size and len(live[0][1]) <= longest([source]):
        logits, scores = model.decode(torch.tensor([tokens for _, tokens, _ in live]),
                                      memory.expand(len(live), -1, -1), mask)
        totals = logits[:, -1].log_softmax(dim=-1) + torch.tensor([total for total, _, _ in live])[:, None]
        looks = scores[:, -1].argmax(dim=-1).tolist()
        values, places = (found.tolist() for found in totals.flatten().topk(2 * size))
        before, live = live, []
        for rank, (value, place) in enumerate(zip(values, places)):
            row, token = divmod(place, logits.shape[-1])
            _, tokens, at = before[row]
            look = looks[row]
            if token != END and len(live) < size:
                live.append((value, tokens + [token], at + [look]))
            elif token == END and rank < size:
                length = len(tokens) - 1
                done.append((value / length ** length_penalty if length else -math.inf, tokens[1:], at))
    _, tokens, at = max(done) if done else live[0]
    return tokens, at
