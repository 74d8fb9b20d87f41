namespace ResearchFreeze.DynamicFreeze;

/// <summary>The controller's settings. The defaults suit a run of some hundred steps or more.</summary>
public sealed record FreezeOptions
{
    private readonly int runSteps;
    private readonly int checkEvery = 20;
    private readonly int checkEpochs;
    private readonly int epochSteps;
    private readonly int warmUpSteps = 100;
    private readonly double rateDrop = 5;
    private readonly double regressionMargin = 0.02;
    private readonly int thawAfterSteps;
    private readonly int probeEvery;
    private readonly double probeDebt;
    private readonly double guardMargin;
    private readonly int guardChecks = 10;
    private readonly double mostFrozen = 1;
    private readonly int mostAtOnce = int.MaxValue;
    private readonly int referenceEvery = 1;

    /// <summary>Steps of the whole run, for rules that plan; 0: not known.</summary>
    public int RunSteps
    {
        get => runSteps;
        init => runSteps = value >= 0 ? value : throw Wrong("the run's steps", "0 or more", value);
    }

    /// <summary>Steps of an epoch, for rules that go by epochs and for <see cref="CheckEpochs"/>; 0: not known.</summary>
    public int EpochSteps
    {
        get => epochSteps;
        init => epochSteps = value >= 0 ? value : throw Wrong("an epoch's steps", "0 or more", value);
    }

    /// <summary>Epochs between checks, in place of a number of steps; 0: <see cref="CheckEvery"/> says it.</summary>
    public int CheckEpochs
    {
        get => checkEpochs;
        init => checkEpochs = value >= 0 ? value : throw Wrong("epochs between checks", "0 or more", value);
    }

    /// <summary>Steps between checks; at least 1. Those of <see cref="CheckEpochs"/> epochs, where that is set.</summary>
    public int CheckEvery
    {
        get => checkEpochs > 0 && epochSteps > 0 ? checked(checkEpochs * epochSteps) : checkEvery;
        init => checkEvery = value >= 1 ? value : throw Wrong("steps between checks", "at least 1", value);
    }

    /// <summary>Steps in which units are observed and the rule is not asked. Its question before the first step is asked all the same: a unit can be frozen from the start.</summary>
    public int WarmUpSteps
    {
        get => warmUpSteps;
        init => warmUpSteps = value >= 0 ? value : throw Wrong("warm-up steps", "0 or more", value);
    }

    /// <summary>Everything is thawed when the learning rate falls by at least this factor from one step to the next, as step schedules do (Egeria); 0: never. A smooth decay is no drop.</summary>
    public double RateDrop
    {
        get => rateDrop;
        init => rateDrop = value == 0 || value > 1 ? value : throw Wrong("the rate drop", "0 or above 1", value);
    }

    /// <summary>What the controller froze is thawed when a validation measurement is worse than the best one so far by more than this fraction of it, or than the margin given with it; 0: never.</summary>
    public double RegressionMargin
    {
        get => regressionMargin;
        init => regressionMargin = value >= 0 ? value : throw Wrong("the regression margin", "0 or more", value);
    }

    /// <summary>A unit is thawed when it has been frozen for this many steps; 0: never.</summary>
    public int ThawAfterSteps
    {
        get => thawAfterSteps;
        init => thawAfterSteps = value >= 0 ? value : throw Wrong("steps to thaw after", "0 or more", value);
    }

    /// <summary>Every this many checks a probe step measures the gradient that frozen units would have received, on the probe batch; 0: never.</summary>
    public int ProbeEvery
    {
        get => probeEvery;
        init => probeEvery = value >= 0 ? value : throw Wrong("checks between probes", "0 or more", value);
    }

    /// <summary>A unit is thawed when its probed gradient is this many times what it was when it was frozen; 0: never.</summary>
    public double ProbeDebt
    {
        get => probeDebt;
        init => probeDebt = value == 0 || value > 1 ? value : throw Wrong("the probe debt", "0 or above 1", value);
    }

    /// <summary>
    /// The guard: when the first validation measurement after a freeze is worse than the last one before it by more than this fraction of it (or than the margin given with it), weights, buffers and optimizer state go back to the freeze, and its units are thawed
    /// and not frozen again for <see cref="GuardChecks"/> checks; 0: no guard. The schedule goes on.
    /// </summary>
    public double GuardMargin
    {
        get => guardMargin;
        init => guardMargin = value >= 0 ? value : throw Wrong("the guard's margin", "0 or more", value);
    }

    /// <summary>Checks for which a unit that the guard thawed is not frozen again.</summary>
    public int GuardChecks
    {
        get => guardChecks;
        init => guardChecks = value >= 0 ? value : throw Wrong("the guard's checks", "0 or more", value);
    }

    /// <summary>The largest fraction of the units that may be frozen at a time, heads counted; in [0, 1].</summary>
    public double MostFrozen
    {
        get => mostFrozen;
        init => mostFrozen = value is >= 0 and <= 1 ? value : throw Wrong("the largest frozen fraction", "in [0, 1]", value);
    }

    /// <summary>Units that may be frozen at one check; at least 1. Those nearest to the input come first.</summary>
    public int MostAtOnce
    {
        get => mostAtOnce;
        init => mostAtOnce = value >= 1 ? value : throw Wrong("freezes at one check", "at least 1", value);
    }

    /// <summary>For statistics that compare with a reference: every this many checks the reference becomes the present model; 0: it stays the one at the start.</summary>
    public int ReferenceEvery
    {
        get => referenceEvery;
        init => referenceEvery = value >= 0 ? value : throw Wrong("checks between references", "0 or more", value);
    }

    /// <summary>
    /// Whether a freeze is refused that cannot pay: the seconds that it is predicted to save of a step, by the worse end of the prediction's interval, over all steps that are left, do not exceed what a change has cost so far (the
    /// first step after it packs weights anew). Needs <see cref="RunSteps"/>. What cannot be predicted, as before the first step, is not refused.
    /// </summary>
    public bool Paying { get; init; }

    /// <summary>Errors of earlier runs' predictions, what a step took over what was predicted: they make a prediction's interval from the first freeze on.</summary>
    public IReadOnlyList<double> Calibration { get; init; } = [];

    /// <summary>Whether a forward cache may keep what a frozen prefix gives, for rules that plan by cost. It switches none on.</summary>
    public bool IsCached { get; init; }

    /// <summary>
    /// Whether a loss budget, as <see cref="LossBudget"/> has one, is a part of the validation loss, which is then observed under <see cref="LossName"/>; otherwise it is in the loss's own unit, as for cross entropy, whose unit is the nat.
    /// </summary>
    public bool RelativeLoss { get; init; }

    /// <summary>The name under which a validation loss is observed.</summary>
    public const string LossName = "loss";

    /// <summary>How the model is divided.</summary>
    public UnitDivision Units { get; init; } = UnitDivision.Blocks;

    /// <summary>Decisions of an earlier run that are repeated exactly, in place of the rule, the triggers and the guard; null: none.</summary>
    public DecisionRecord? Replay { get; init; }

    /// <summary>No triggers: units stay as the rule says.</summary>
    public static FreezeOptions WithoutTriggers { get; } = new() { RateDrop = 0, RegressionMargin = 0, WarmUpSteps = 0 };

    /// <summary>What the command line gives a run of so many steps: forty checks, warm-up in its first tenth, both thaw triggers.</summary>
    /// <param name="steps">Steps of the run; at least 1.</param>
    /// <param name="checks">Checks in it.</param>
    /// <param name="warmUp">The fraction of it in which the rule is not asked, in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">One is out of range.</exception>
    public static FreezeOptions ForRun(int steps, double checks = 40, double warmUp = 0.1)
    {
        if (steps < 1) throw Wrong("the run's steps", "at least 1", steps);
        if (!(checks >= 1)) throw Wrong("checks in a run", "at least 1", checks);
        if (warmUp is not (>= 0 and < 1)) throw Wrong("the warm-up's part of a run", "in [0, 1)", warmUp);
        return new FreezeOptions { RunSteps = steps, CheckEvery = Math.Max(1, (int)(steps / checks)), WarmUpSteps = (int)(steps * warmUp) };
    }

    private static ArgumentOutOfRangeException Wrong(string what, string expected, double found) =>
        new(nameof(found), FormattableString.Invariant($"Freezing: {what} must be {expected}, found {found}."));
}
