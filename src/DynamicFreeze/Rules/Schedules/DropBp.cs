using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Cuts residual branches at random in each step, the more often the less that turns the gradient (DropBP, Woo et al. 2024): once, at a tenth of the run, each branch's sensitivity is measured (<see cref="CutBias"/>) and
/// <see cref="DropBpRates"/> gives the rates. Nothing is frozen: the branches' own weights go on training. Use it with the criterion <see cref="CutScore"/>.
/// </summary>
public sealed class DropBp : IFreezeRule<NoState>, IScheduleRule
{
    private readonly double rate;
    private readonly double at;
    private readonly bool byNorms;

    /// <summary>DropBP.</summary>
    /// <param name="rate">The part of the branches' backward cost that is cut, in (0, 0.9].</param>
    /// <param name="at">When the rates are set, as a part of the run, in [0, 1). Until then nothing is cut.</param>
    /// <param name="byNorms">Whether the sensitivity is the paper's, of the gradients' norms, or the released code's, of the gradients themselves.</param>
    public DropBp(double rate = 0.5, double at = 0.1, bool byNorms = true)
    {
        if (rate is not (> 0 and <= 0.9)) throw new ArgumentOutOfRangeException(nameof(rate), $"dropbp: the rate must be in (0, 0.9], found {rate}.");
        if (at is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(at), $"dropbp: the time must be in [0, 1), found {at}.");
        (this.rate, this.at, this.byNorms) = (rate, at, byNorms);
    }

    /// <inheritdoc/>
    public string Name => "dropbp";

    /// <inheritdoc/>
    public bool FreezesNothing => true;

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"rate={rate},at={at},as={(byNorms ? "paper" : "code")}");

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The run's length is not known, or no unit can be cut.</exception>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        var decision = new FreezeDecision(context);
        if (context.RunSteps == 0) throw new ArgumentException("dropbp: the run's length is not known (FreezeOptions.RunSteps).");
        UnitView[] cuttable = [.. context.Units.Where(unit => unit.CanCut && !unit.IsHead && !unit.IsPinned)];
        if (cuttable.Length == 0) throw new ArgumentException("dropbp: no unit has a branch that a residual sum leads around; a transformer or a residual network has.");
        int when = Math.Max(1, (int)Math.Round(at * context.RunSteps));
        decision.NextCheck = context.Step < when ? when : context.RunSteps + 1;
        if (context.Step < when) return decision;
        double[] sensitivities = [.. cuttable.Select(SensitivityOf)], costs = [.. cuttable.Select(CostOf)];
        // A step that was not finite, or a full step that was never seen: asked again at the next one.
        if (sensitivities.Any(value => !double.IsFinite(value)) || costs.Sum() == 0)
        {
            decision.NextCheck = context.Step + 1;
            return decision;
        }
        double[] rates = DropBpRates.Of(sensitivities, costs, rate);
        for (int i = 0; i < rates.Length; i++)
            decision.CutAt(cuttable[i].Index, rates[i], FormattableString.Invariant($"its branches are cut in {rates[i]:P0} of the steps (sensitivity {sensitivities[i]:G3})"));
        return decision;
    }

    private static double CostOf(UnitView unit) => unit.StepCost(CostKind.InputGradient).Flops + unit.StepCost(CostKind.WeightGradient).Flops;

    private double SensitivityOf(UnitView unit) => unit.History.Count == 0 ? double.NaN : byNorms ? CutBias.NormsOf(unit.History[^1]) : CutBias.DifferenceOf(unit.History[^1]);
}
