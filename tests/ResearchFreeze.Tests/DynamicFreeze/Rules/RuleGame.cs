using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Feeds a rule scores and does what it says, as the controller would, which never freezes the last unit that trains. The last units are heads; asking for one of them fails the test at once.</summary>
internal sealed class RuleGame(int units, IFreezeRule rule, int heads = 1)
{
    public const double NaN = double.NaN;

    private readonly bool[] frozen = new bool[units];
    private readonly int[] thaws = new int[units];
    private readonly int[] age = new int[units];
    private readonly double[] cut = new double[units];
    private readonly int[] observations = new int[units];
    private readonly double[] last = [.. Enumerable.Repeat(NaN, units)];
    private readonly List<ValidationPoint> validation = [];
    private readonly RandomStream random = new(1, "rule");
    private IRuleRun run = rule.Start();

    /// <summary>Steps from one check to the next where the rule does not ask for another.</summary>
    public int Every { get; init; } = 10;

    /// <summary>Steps of the run; 0: not known.</summary>
    public int RunSteps { get; init; }

    /// <summary>Steps of an epoch; 0: not known.</summary>
    public int EpochSteps { get; init; }

    /// <summary>What a full step of a unit costs; nothing is known before one is set.</summary>
    public Func<int, CostKind, Cost> CostOf { get; set; } = (_, _) => default;

    /// <summary>What the run has cost so far.</summary>
    public Func<RunSpending?> Spent { get; set; } = () => null;

    /// <summary>Whether a forward cache is on.</summary>
    public bool IsCached { get; init; }

    /// <summary>Bytes that a full step keeps of a unit.</summary>
    public Func<int, long> KeptBytes { get; init; } = _ => 0;

    /// <summary>Bytes that a unit's training takes.</summary>
    public Func<int, long> TrainingBytes { get; init; } = _ => 0;

    /// <summary>Which units can be cut.</summary>
    public Func<int, bool> CanCut { get; init; } = _ => false;

    /// <summary>What freezing a unit is expected to cost.</summary>
    public Func<int, double> PriceOf { get; set; } = _ => NaN;

    /// <summary>The schedule's rate of a step.</summary>
    public Func<int, double> RateAt { get; init; } = _ => NaN;

    /// <summary>What a loss budget of 1 is.</summary>
    public double LossScale { get; set; } = 1;

    /// <summary>The observations that a unit's view has.</summary>
    public Func<int, UnitHistory> HistoryOf { get; init; } = _ => new UnitHistory();

    /// <summary>Shapes of a unit's parameters.</summary>
    public Func<int, IReadOnlyList<Shape>> ShapesOf { get; init; } = _ => [];

    /// <summary>Values of a unit's parameters, by their place.</summary>
    public Func<int, int, float[]> ValuesOf { get; init; } = (_, _) => [];

    public int Units => units;

    /// <summary>Which units are heads, where it is not the last ones.</summary>
    public Func<int, bool> IsHead { get; init; } = unit => unit >= units - heads;

    /// <summary>Which units have embeddings.</summary>
    public Func<int, bool> IsEmbedding { get; init; } = _ => false;

    /// <summary>Steps taken at the next check.</summary>
    public int Step { get; private set; }

    /// <summary>Steps taken at the last check.</summary>
    public int StepOfCheck { get; private set; }

    /// <summary>The frozen units after each check, as <c>01</c>.</summary>
    public List<string> Log { get; } = [];

    public string Frozen => string.Concat(Enumerable.Range(0, units).Where(i => frozen[i]));

    public bool IsFrozen(int unit) => frozen[unit];

    public bool IsCut(int unit) => cut[unit] > 0;

    /// <summary>The views of the last check, as they were before the decision.</summary>
    public UnitView[] Views { get; private set; } = [];

    /// <summary>A check with these scores, as they are.</summary>
    public FreezeDecision Check(params double[] scores)
    {
        Views = [.. scores.Select((score, i) => new UnitView(
            i, $"u{i}", HistoryOf(i), score, FormattableString.Invariant($"score {score:G3}"), frozen[i], age[i], thaws[i], IsHead(i), kind => CostOf(i, kind))
        {
            Price = PriceOf(i),
            Shapes = ShapesOf(i),
            Values = place => ValuesOf(i, place),
            IsEmbedding = IsEmbedding(i),
            FrozenFor = age[i],
            KeptBytes = KeptBytes(i),
            TrainingBytes = TrainingBytes(i),
            CanCut = CanCut(i),
            CutRate = cut[i],
        })];
        FreezeDecision decision = run.Decide(new CheckContext(Units: Views, Step: Step, LearningRate: 0.1f, Validation: validation, Random: random) { RunSteps = RunSteps, EpochSteps = EpochSteps, NextCheck = Step + Every, IsCached = IsCached, Spent = Spent, RateAt = RateAt, LossScale = LossScale });
        int interval = (decision.NextCheck ?? Step + Every) - Step;
        Assert.True(interval > 0, $"the next check of {rule.Name} at step {Step} is {interval} steps away");
        for (int i = 0; i < units; i++)
        {
            Assert.False(decision.Units[i].Frozen && Views[i].IsHead, $"{rule.Name} asks for head {i} at step {Step}");
            if (!decision.Units[i].Frozen) Set(i, false);
        }
        for (int i = 0; i < units; i++)
        {
            if (decision.Units[i].Frozen && (frozen[i] || frozen.Count(rests => rests) < units - 1)) Set(i, true);
            age[i] = frozen[i] ? age[i] + interval : 0;
            cut[i] = decision.Units[i].CutRate ?? (frozen[i] ? cut[i] : 0);
        }
        StepOfCheck = Step;
        Step += interval;
        Log.Add(Frozen);
        return decision;
    }

    /// <summary>A check at which units that train show these scores, but none before two observations since the start or the last thaw, and frozen ones their last.</summary>
    public FreezeDecision Play(params double[] scores)
    {
        for (int i = 0; i < units; i++)
        {
            if (!frozen[i] && Step > 0) last[i] = ++observations[i] < 2 ? NaN : scores[i];
        }
        return Check(last);
    }

    public void Observe(double value, string name = "validation", bool higherIsBetter = true) => validation.Add(new ValidationPoint(Step, name, value, higherIsBetter));

    public void ThawAll()
    {
        for (int i = 0; i < units; i++) Set(i, false);
    }

    public void FreezeFromOutside(int unit) => Set(unit, true);

    /// <summary>Saves the rule's state and goes on with a fresh rule that loads it.</summary>
    public void Reload()
    {
        var state = new StateTree();
        run.SaveState(state);
        run = rule.Start();
        run.LoadState(state);
    }

    private void Set(int unit, bool value)
    {
        if (frozen[unit] && !value)
        {
            thaws[unit]++;
            observations[unit] = 0;
        }
        frozen[unit] = value;
    }
}
