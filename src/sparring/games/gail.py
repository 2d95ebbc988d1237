"""Generative adversarial imitation learning: a policy against a discriminator of state-action pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, DiscriminatorCritic, GeneratedBatch
from sparring.data.catalog.environments import Actions, Episodes, Observations, open_environment
from sparring.direction import ScoreDirection
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Game, Losses, Team
from sparring.losses import Minimax, clipped_surrogate, generalized_advantages
from sparring.network import Condition, Network, Shape
from sparring.networks import MLP

_EVALUATED = 20
"""Episodes in the mean return of a policy."""


@dataclass(frozen=True)
class Experience:
    """Episodes of one step, and their N moves: state-action `pairs` [N, n + A] in [-1, 1], and which moves of the
    episodes they are, `played` [E, T]."""

    episodes: Episodes
    pairs: Tensor
    played: Tensor


@dataclass(frozen=True)
class Lesson:
    """What the policy is to learn of the moves: how likely each was when it was made (logarithm), how much better
    than expected it was, and what was to be expected, [N] each."""

    likelihood: Tensor
    advantages: Tensor
    targets: Tensor


class GAIL(Game):
    """A policy π(a|s) against a discriminator D(s, a) of what an expert and the policy do (Ho & Ermon 2016).

    The discriminator minimises `losses` and penalties over the data's pairs and those of whole `episodes` that the
    policy plays at the beginning of every step. A pair's reward is what the policy would gain if it were all that it
    did: minus the generator's loss at its score, which for `Minimax` is -ln(1 - D), as published, and for
    `NonSaturating` is ln D. The first is positive and favours long episodes, the second negative and favours short
    ones (Kostrikov et al. 2019): choose what fits the task. No reward of the environment is ever learned from.

    In place of trust regions the policy follows PPO (Schulman et al. 2017): each of its moves of a step ascends the
    clipped surrogate of that step's episodes by `clip`, with generalized advantages (`discount` γ, `trace` λ) by a
    value network of its own, and `entropy_weight` times the policy's entropy. The value network gives (1 - γ) V, which
    has the size of a single reward whatever γ is. All of an episode is decided by the step's random numbers.
    """

    class Spec(AdversarialSpec):
        """The players, the environment, and the rules."""

        game_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"return": "higher"}
        generator_penalties: ClassVar[Any] = ()  # type: ignore[misc]

        environment: str = "CartPole-v1"
        policy: Network.Spec = MLP.Spec(width=64)
        value: Network.Spec = MLP.Spec(width=64)
        discriminator: Network.Spec = MLP.Spec(width=64)
        losses: AdversarialLoss = Minimax()
        episodes: PositiveInt = 8
        discount: Annotated[float, Field(ge=0, lt=1)] = 0.995
        trace: Annotated[float, Field(ge=0, le=1)] = 0.97
        clip: PositiveFloat = 0.2
        entropy_weight: NonNegativeFloat = 0.0
        order: tuple[str | tuple[str, ...], ...] = ("discriminator", *("policy",) * 10)

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        self.environment = open_environment(spec.environment)
        self._check(spec, sample)
        observations, actions = (self.environment.observed,), (self.environment.actions,)
        self.policy = self.build_player("policy", spec.policy, observations, actions)
        self.value = self.build_player("value", spec.value, observations, (1,))
        self.discriminator = self.build_player("discriminator", spec.discriminator, sample, (1,))
        self.adversary = Adversary(spec, self.discriminator, sample, self.policy)
        self._experienced: tuple[int, Experience] | None = None
        self._learned: tuple[int, Lesson] | None = None
        self.teams = (
            self.adversary.team(self.discriminate),
            Team("policy", {"policy": self.policy, "value": self.value}, self.improve),
        )

    def _check(self, spec: Spec, sample: Shape) -> None:
        if sample != (self.environment.size,):
            raise ShapeError(
                f"game.environment: state-action pairs of {spec.environment} are {self.environment.size} numbers, the "
                f"data's samples {'x'.join(map(str, sample))}; needs demonstrations in it "
                f"(data.kind=Demonstrations data.environment={spec.environment})"
            )
        if spec.losses.needs_real:
            raise SpecError(
                f"game.losses: {spec.losses.kind()} compares with real samples, so that a pair by itself has no "
                "reward; choose another, for example Minimax"
            )

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: the expert's pairs against as many of the policy's."""
        pairs = self._experience(batch).pairs
        chosen = torch.randint(len(pairs), (len(batch.real),), generator=batch.random, device=pairs.device)
        fake = GeneratedBatch.from_latents(lambda codes: codes, pairs[chosen])
        return self.adversary.discriminate(batch, fake)[0]

    def improve(self, batch: Batch) -> Losses:
        """Returns the policy's losses on the step's episodes, and its value network's."""
        experience = self._experience(batch)
        lesson = self._lesson(batch, experience)
        observed, done = self._split(experience.pairs)
        likelihoods = self._likelihoods(observed)
        likelier = ((likelihoods * done).sum(1) - lesson.likelihood).exp()
        entropy = -(likelihoods.exp() * likelihoods).sum(1).mean()
        surrogate = clipped_surrogate(likelier, lesson.advantages, self.spec.clip)
        missed = self.value(observed).float()[:, 0] - lesson.targets
        batch.observe(entropy=entropy)
        return {
            "surrogate": -surrogate - self.spec.entropy_weight * entropy,
            "value": missed.square().mean() / 2,
        }

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        """Returns state-action pairs [count, n + A] of the policy, sampled from as many whole episodes as it takes."""
        pairs = [torch.empty(0, *self.sample, device=self.device)]
        while sum(map(len, pairs)) < count:
            pairs.append(self._play(self.spec.episodes, random).pairs)
        played = torch.cat(pairs)
        return played[torch.randperm(len(played), generator=random, device=random.device)[:count]]

    def game_metrics(self, seed: int) -> Mapping[str, float]:
        """Returns the policy's mean `return` in the environment, with actions sampled from it."""
        random = torch.Generator(self.device).manual_seed(seed)
        return {"return": float(self._play(_EVALUATED, random).episodes.returns.mean())}

    def reward(self, pairs: Tensor) -> Tensor:
        """Returns what each of the state-action `pairs` [N, n + A] gains the policy, [N]."""
        scores = DiscriminatorCritic(self.discriminator)(pairs)
        gained: Tensor = -torch.vmap(self.spec.losses.generator)(scores[:, None])
        return gained

    def act(self, observations: Observations, random: torch.Generator) -> Actions:
        """Returns an action [N] for each of `observations` [N, n], as the environment gives them, sampled from π.

        The largest of the logarithms with Gumbel noise added is at each action as often as the policy says.
        """
        likelihoods = self._likelihoods(self.environment.normalize(observations).to(self.device))
        waiting = torch.empty_like(likelihoods).exponential_(generator=random)
        actions: Actions = (likelihoods - waiting.log()).argmax(1).cpu().numpy()
        return actions

    def _likelihoods(self, observations: Tensor) -> Tensor:
        logits: Tensor = self.policy(observations)
        return logits.float().log_softmax(1)

    def _split(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        return pairs[:, : self.environment.observed], pairs[:, self.environment.observed :]

    @torch.no_grad()
    def _play(self, count: int, random: torch.Generator) -> Experience:
        seeds = torch.randint(2**31 - 1, (count,), generator=random, device=random.device).tolist()
        episodes = self.environment.play(lambda observations: self.act(observations, random), seeds)
        played = episodes.played
        pairs = self.environment.pair(episodes.observations[:, :-1][played], episodes.actions[played])
        return Experience(episodes, pairs.to(self.device), torch.from_numpy(played).to(self.device))

    def _experience(self, batch: Batch) -> Experience:
        """Returns the step's episodes, which its first move plays: so they depend on the seed and the step alone."""
        if self._experienced is None or self._experienced[0] != batch.step:
            self._experienced = batch.step, self._play(self.spec.episodes, batch.random)
        experience = self._experienced[1]
        batch.observe(**{"return": torch.tensor(experience.episodes.returns.mean(), dtype=torch.float32)})
        return experience

    def _lesson(self, batch: Batch, experience: Experience) -> Lesson:
        """Returns the targets of the step's episodes, computed by both networks on the policy's first move."""
        if self._learned is None or self._learned[0] != batch.step:
            self._learned = batch.step, self._learn(experience)
        return self._learned[1]

    @torch.no_grad()
    def _learn(self, experience: Experience) -> Lesson:
        episodes, played, scale = experience.episodes, experience.played, 1 - self.spec.discount
        observed, done = self._split(experience.pairs)
        rewards = torch.zeros(played.shape, device=self.device)
        rewards[played] = self.reward(experience.pairs)
        observations = self.environment.normalize(episodes.observations).to(self.device)
        values = self.value(observations.flatten(0, 1)).float().view(observations.shape[:2]) / scale
        lengths, ended = (torch.from_numpy(one).to(self.device) for one in (episodes.lengths, episodes.terminated))
        discount, trace = self.spec.discount, self.spec.trace
        advantages = generalized_advantages(rewards, values, lengths, ended, discount, trace)[played]
        targets = (advantages + values[:, :-1][played]) * scale
        standard = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
        return Lesson((self._likelihoods(observed) * done).sum(1), standard, targets)
