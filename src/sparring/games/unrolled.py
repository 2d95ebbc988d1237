"""Unrolled GANs: the generator foresees how the discriminator will answer."""

from pydantic import NonNegativeInt, PositiveFloat

from sparring.errors import SpecError, nearest
from sparring.game import Batch, Losses
from sparring.games.wrapping import Wrapper, gradients, in_float32
from sparring.network import Condition, Shape


class Unrolled(Wrapper):
    """The game `of`, in which `team` moves against an opponent that has learned `steps` steps further.

    On its move the opponent `against` descends its own losses from where it stands (Metz et al. 2017, eqs. 9-11),

        ψ_0 = ψ,   ψ_{k+1} = ψ_k - η ∂L_D/∂ψ (θ, ψ_k),   and `team` minimises L_G(θ, ψ_K) by θ,

    through the steps: the gradient has the term ∂L_G/∂ψ_K · dψ_K/dθ, the opponent's answer to θ, which keeps a
    generator from piling everything onto one mode. The opponent itself stays where it was and learns on its own move as
    ever. All steps see the batch of the move and the same random numbers; they are plain descent with `learning_rate`
    η, without the opponent's projections. Where they overshoot, the generator flees an answer that never comes: η
    must be small enough for descent to be stable. The move is computed in float32. With 0 steps it is the game `of`,
    bit for bit. The wrapped game's fields are under `of`:

        spar train ring game.kind=Unrolled steps=5 game.learning_rate=0.01 of.generator.width=64
    """

    class Spec(Wrapper.Spec):
        """The game, who foresees whom, and how far."""

        steps: NonNegativeInt = 5
        learning_rate: PositiveFloat = 0.01
        team: str = "generator"
        against: str = "discriminator"

        def changes(self, team: str) -> bool:
            return self.steps > 0 and team == self.team

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        names = [team.name for team in self.teams]
        for field, name in (("team", spec.team), ("against", spec.against)):
            if name not in names:
                raise SpecError(f"game.{field}: {name!r} is not a team of {spec.of.kind()}{nearest(name, names)}")
        if spec.team == spec.against:
            raise SpecError(f"game.against: {spec.team!r} cannot be unrolled against itself; name another team")

    def minimise(self, team: str, batch: Batch) -> Losses:
        """Returns the team's losses in the wrapped game against the unrolled opponent."""
        with in_float32(batch):
            weights = self.weights_of(self.spec.against)
            for _ in range(self.spec.steps):
                loss = self.rehearse(self.spec.against, batch, weights)
                steps = zip(weights.items(), gradients(loss, weights.values()), strict=True)
                weights = {path: weight - self.spec.learning_rate * gradient for (path, weight), gradient in steps}
            return self.perform(team, batch, weights)
