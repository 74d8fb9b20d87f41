namespace ResearchFreeze.DynamicFreeze;

/// <summary>APF, adaptive parameter freezing (Chen et al. 2021), for units.</summary>
public static class Apf
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "apf",
            Title = "APF (per unit)",
            Summary = "Freezes for ever longer times what moves to and fro instead of ahead.",
            Paper = "Chen et al.: *Communication-Efficient Federated Learning with Adaptive Parameter Freezing*, ICDCS 2021; code chenc10/APF_Release at b67fd17.",
            Formula =
            [
                "at each check: E ← α·E + (1 − α)·Δ, A ← α·A + (1 − α)·|Δ| for each scalar; P = Σ|E| / ΣA over the unit",
                "P below F: the period grows by one check, else it is halved; the unit is frozen for its period and then tested again",
            ],
            Granularity = "Scalars in the paper; units here. It thaws by itself.",
            Frozen = "The code rolls frozen scalars back after each round: communication is saved, computation is not. Here a frozen unit saves both.",
            CodeDiffers = ["The code halves F when more than 0.8 of the scalars are frozen, and its later flavours freeze at random for one more round. Neither is built."],
            Here =
            [
                "P summed over a unit is another number than a scalar's: at α = 0.99 noise alone settles at 0.07 and is never below 0.05, while of single scalars of noise 40 % are. Choose F for units.",
                "APF for single scalars is not built yet; a mask of scalars would save no computation here.",
                "A round is a check; their number is ours.",
            ],
            Settings = [new("alpha", "0.99", "α in [0, 1)"), new("threshold", "0.05", "F; 0.01 in the code, 0.05 in its comment and in Plato"), new("checks", "200", "checks in the run")],
        },
        settings => Policy(settings.Real("alpha"), settings.Real("threshold"), settings.Integer("checks")));

    /// <summary>The policy.</summary>
    /// <param name="alpha">α in [0, 1).</param>
    /// <param name="threshold">F; positive.</param>
    /// <param name="checks">Checks in the run; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double alpha = 0.99, double threshold = 0.05, int checks = 200)
    {
        int count = Method.AtLeast("apf", nameof(checks), checks, 1);
        // The averages are single precision, in which the largest numbers below 1 are 1.
        if (alpha is not >= 0 || (float)alpha >= 1) throw new ArgumentOutOfRangeException(nameof(alpha), FormattableString.Invariant($"apf: alpha must be in [0, 1) in single precision, found {alpha}."));
        return new Policy(new PerturbationRatio((float)alpha), new AimdTimer(threshold), steps => Method.Options(steps, steps / count)) { Method = Method };
    }
}
