namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// What freezing a stationary unit now is expected to cost, in the loss's unit (nats for cross entropy): the loss that it would still lose while the rate is lowered to zero. Around a minimum with gradient noise Σ, SGD with rate η and
/// momentum μ keeps an excess loss of ¼ · η/(1 − μ) · tr Σ. The noise can be read off the displacement Δ of an interval: A = ¼ · Σ d·Δ² / (g · ∫η), where d is what the optimizer divides gradients by and g its
/// <see cref="Layers.Optimizer.StepGain"/>, 1/(1 − μ). The mean of the last checks. It says nothing about a unit that still goes somewhere, whose displacement is no noise. ADR 24 has what was measured.
/// </summary>
/// <param name="checks">Checks averaged over; at least 1, and no more than a run could have.</param>
/// <param name="corrected">
/// Whether it is divided by the part of the noise that a momentum of m lets show within an interval of T steps, 1 − 2m(1 − mᵀ)/((1 − m²)T). By theory it should be; measured prices are nearer to the debt without.
/// </param>
public sealed class AnnealingDebt(int checks = 3, bool corrected = false) : ICriterion
{
    private readonly int checks = LastChecks.Checked("annealing-debt", checks);

    /// <inheritdoc/>
    public string Name => "annealing-debt";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"checks={checks}{(corrected ? ",corrected" : "")}");

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new Displacement()];

    /// <inheritdoc/>
    public string Finished => "annealing it would gain little";

    /// <inheritdoc/>
    public string Unfinished => "annealing it would gain something";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count < checks) return double.NaN;
        double sum = 0;
        for (int i = 1; i <= checks; i++) sum += Of(history[^i], corrected);
        return sum / checks;
    }

    /// <inheritdoc/>
    public double Price(UnitHistory history) => Score(history);

    /// <inheritdoc/>
    public bool HasPrice => true;

    /// <summary>The debt by one observation; NaN where the unit's rate was zero.</summary>
    internal static double Of(Observation observation, bool corrected)
    {
        double distance = observation.StepGain * observation.IntegratedRate * (corrected ? Shown(observation.StepMemory, observation.Steps) : 1);
        return distance > 0 ? Displacement.Cost(observation) / (4 * distance) : double.NaN;
    }

    /// <summary>The variance of a sum of so many updates, as a part of what it would be without memory: updates are means or sums of gradients whose noise is independent.</summary>
    internal static double Shown(double memory, int steps) => 1 - (2 * memory * (1 - Math.Pow(memory, steps)) / ((1 - (memory * memory)) * steps));
}
