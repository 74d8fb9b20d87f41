using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Runs a criterion and a rule while training: collects statistics, asks the rule at checks, and is the only one that changes anything. Flags change between steps only. It sees
/// validation measurements through <see cref="Observe"/> and never test data. The last block, the head, is never frozen.
/// </summary>
public sealed partial class FreezeController : IStateful, IDisposable
{
    private const int NotPrepared = -1;

    private readonly ModuleBase model;
    private readonly Optimizer optimizer;
    private readonly ICriterion criterion;
    private readonly IReadOnlyList<UnitStatistic> statistics;
    private readonly IRuleRun rule;
    private readonly IDecisionLog? log;
    private readonly UnitState[] units;
    private readonly RandomStream random;
    private readonly List<ValidationPoint> validation = [];
    private readonly List<DecisionEntry> decisions = [];
    private readonly Device device;
    private readonly Reads reads;
    private readonly Probes? probes;
    private readonly NormQueue norms = new();
    private readonly Guard guard;
    private readonly Replay? replay;
    private readonly string?[] refused;
    private int lastCheck;
    private int nextCheck;
    private int checks;
    private int preparedAt = NotPrepared;

    /// <summary>A controller for a model and its optimizer. The model must have its memory. The rule is asked once, here, before the first step.</summary>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">Holds all its parameters.</param>
    /// <param name="criterion">Scores units.</param>
    /// <param name="rule">Decides.</param>
    /// <param name="log">Where decisions go; null: nowhere but <see cref="Decisions"/>.</param>
    /// <param name="options">Settings.</param>
    /// <param name="seed">The rule's random stream.</param>
    /// <param name="probe">What statistics that read outputs or a trial step, and probe steps, run on; it stays the caller's.</param>
    public FreezeController(
        ModuleBase model, Optimizer optimizer, ICriterion criterion, IFreezeRule rule, IDecisionLog? log = null, FreezeOptions? options = null, ulong seed = 0, ProbeBatch? probe = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(criterion);
        ArgumentNullException.ThrowIfNull(rule);
        this.model = model;
        this.optimizer = optimizer;
        this.criterion = criterion;
        this.log = log;
        Options = options ?? new FreezeOptions();
        // Replayed decisions need no numbers of their own.
        statistics = Options.Replay is null ? [.. criterion.Statistics.DistinctBy(statistic => statistic.Key)] : [];
        reads = statistics.Aggregate(Reads.None, (all, statistic) => all | statistic.Reads);
        bool needsProbe = (reads & ProbeBatch.Serves) != 0 || Options.ProbeEvery > 0;
        if (needsProbe && Options.Replay is null && probe is null)
            throw new ArgumentException($"Freezing: {NeedsProbe()} needs a probe batch, and none was given.");
        Units = FreezeUnit.Of(model, Options.Units);
        CheckOptimizer();
        replay = Options.Replay is { } record ? new Replay(record, Units) : null;
        units = [.. Units.Select(unit => new UnitState(unit, optimizer, statistics, norms))];
        device = Units[0].Parameters[0].Value.Device;
        Counting(CostKind.Other);
        probes = needsProbe && replay is null ? new Probes(model, Units, probe!, reads, Options.ReferenceEvery) : null;
        Counting(CostKind.Forward);
        guard = new Guard(model, optimizer, units.Length);
        refused = new string?[units.Length];
        random = new RandomStream(seed, $"rule/{rule.Name}");
        Ledger = new FreezeLedger(device, Units, optimizer);
        this.rule = rule.Start();
        lastCheck = optimizer.StepCount;
        nextCheck = lastCheck + Options.CheckEvery;
        log?.Begin(criterion.Name, rule.Name, Options, Units);
        if (replay is null) Ask();
        else Repeat(atMeasurement: false);
    }

    /// <summary>The settings.</summary>
    public FreezeOptions Options { get; }

    /// <summary>The units, from the input.</summary>
    public IReadOnlyList<FreezeUnit> Units { get; }

    /// <summary>What was done, and what was saved.</summary>
    public FreezeLedger Ledger { get; }

    /// <summary>Every change so far.</summary>
    public IReadOnlyList<DecisionEntry> Decisions => decisions;

    /// <summary>What was observed on validation data.</summary>
    public IReadOnlyList<ValidationPoint> Validation => validation;

    /// <summary>Whether the rule said that training may stop.</summary>
    public bool ShouldStop { get; private set; }

    /// <summary>One step after a backward pass: statistics, optimizer, decision, gradients dropped.</summary>
    public void Step()
    {
        BeforeStep();
        optimizer.Step();
        AfterStep();
    }

    /// <summary>Reads the gradients, before they are clipped or applied.</summary>
    public void BeforeStep()
    {
        if (preparedAt != NotPrepared) throw new InvalidOperationException("Freezing: BeforeStep was called twice without AfterStep.");
        preparedAt = optimizer.StepCount;
        optimizer.Prepare();
        Counting(CostKind.Statistics);
        using GradMode.Restore mode = GradMode.Disable();
        norms.Clear();
        foreach (UnitState unit in units)
        {
            if (unit.Unit.IsFrozen) continue;
            device.Counters.Unit = unit.Unit.Index + 1;
            unit.Accumulate();
        }
        norms.Run(device);
        Counting(CostKind.Forward);
    }

    /// <summary>Drops the gradients, keeps the books, and at checks decides.</summary>
    public void AfterStep()
    {
        if (preparedAt == NotPrepared) throw new InvalidOperationException("Freezing: AfterStep was called without BeforeStep.");
        if (preparedAt == optimizer.StepCount) throw new InvalidOperationException("Freezing: AfterStep was called without the optimizer's Step: its measured gradients would be stale in the next one.");
        preparedAt = NotPrepared;
        model.ClearGradients();
        Ledger.StepDone();
        if (replay is not null) Repeat(atMeasurement: false);
        else
        {
            if (Triggers.RateDrop(optimizer, Options.RateDrop) is { } reason) Thaw(units, "rate-drop", reason);
            ThawOnTimer();
            if (optimizer.StepCount >= nextCheck) Check();
        }
        Ledger.Settle();
        Counting(CostKind.Forward);
    }

    /// <summary>
    /// Records a validation measurement; one that regresses takes back the last freezes, where the guard is on, and thaws everything. Call it between steps: what was computed since the last one is evaluation, not
    /// training. NaN is recorded and compared with nothing.
    /// </summary>
    public void Observe(string name, double value, bool higherIsBetter = true)
    {
        if (preparedAt != NotPrepared) throw new InvalidOperationException("Freezing: Observe was called between BeforeStep and AfterStep; flags change between steps only.");
        var point = new ValidationPoint(optimizer.StepCount, name, value, higherIsBetter);
        if (replay is not null) Repeat(atMeasurement: true);
        else
        {
            Guarded(point);
            if (Triggers.Regression(validation, point, Options.RegressionMargin) is { } reason) Thaw(units, "regression", reason);
        }
        validation.Add(point);
        Ledger.Disregard();
    }

    /// <summary>
    /// Counts what a full step costs without taking one: forward and backward with every gradient wanted, which are dropped. For runs that freeze before the first step, whose full cost would
    /// never be seen. Its own work is no part of the ledger.
    /// </summary>
    /// <param name="loss">Computes the loss of a batch of the usual size.</param>
    public void Measure(Func<Tensor> loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        using var scope = new Scope();
        Ledger.Disregard();
        var before = new StateTree();
        IStateful[] counting = [.. model.Modules().OfType<IStateful>()];      // dropout counts its passes
        for (int i = 0; i < counting.Length; i++) counting[i].SaveState(before.Branch($"{i}"));
        // The flags themselves, since a frozen normalisation may do less in its forward pass too; running moments are put back.
        Parameter[] frozen = [.. model.Parameters().Where(parameter => parameter.IsFrozen)];
        using var buffers = new TensorCopy(model.Buffers().Select(buffer => buffer.Value));
        buffers.Take();
        foreach (Parameter parameter in frozen) parameter.IsFrozen = false;
        try
        {
            loss().Backward();
        }
        finally
        {
            foreach (Parameter parameter in frozen) parameter.IsFrozen = true;
            model.ClearGradients();
            buffers.Restore();
            for (int i = 0; i < counting.Length; i++) counting[i].LoadState(before.Branch($"{i}"));
        }
        Ledger.Measured();
    }

    /// <summary>Leaves the work since the last step out of the ledger: it was none of training's. Call it between steps.</summary>
    public void Disregard() => Ledger.Disregard();

    /// <summary>Releases the statistics' memory.</summary>
    public void Dispose()
    {
        foreach (UnitState unit in units) unit.Dispose();
        probes?.Dispose();
        norms.Dispose();
        guard.Dispose();
    }

    private void Check()
    {
        int interval = optimizer.StepCount - lastCheck;
        lastCheck = optimizer.StepCount;
        nextCheck = lastCheck + Options.CheckEvery;
        checks++;
        Counting(CostKind.Statistics);
        Collect(interval);
        if (Options.ProbeEvery > 0 && checks % Options.ProbeEvery == 0) Probe();
        if (optimizer.StepCount > Options.WarmUpSteps) Ask();
    }

    private void Ask()
    {
        UnitView[] views = [.. units.Select(ViewOf)];
        var context = new CheckContext(views, optimizer.StepCount, optimizer.LearningRate, validation, random);
        if (optimizer.StepCount > 0) log?.Checked(context);
        FreezeDecision decision = rule.Decide(context);
        var fates = new bool[units.Length];
        var limits = new Limits(Options, units.Length, units.Count(unit => unit.Unit.IsFrozen), decision);
        for (int i = 0; i < units.Length; i++)
        {
            string? objection = !decision.Units[i].Frozen || units[i].Unit.IsFrozen ? null
                : units[i].Unit.IsHead ? "the head is never frozen"
                : guard.Rests(i, checks) ? "the guard took its last freeze back"
                : limits.Objection();
            fates[i] = decision.Units[i].Frozen && objection is null;
            if (objection is not null) decision.Set(i, new UnitDecision(false));
            // Said once: a rule asks again at every check.
            if (objection is not null && refused[i] != objection) Log(Entry(units[i], FreezeAction.Refuse, "rule", objection, views[i].Score));
            refused[i] = objection;
        }
        CheckTied(fates);
        for (int i = 0; i < units.Length; i++) Apply(units[i], decision.Units[i] with { Frozen = fates[i] }, "rule", views[i].Score);
        if (decision.Stop && !ShouldStop) Log(new DecisionEntry(optimizer.StepCount, -1, "(all)", FreezeAction.Stop, "rule", "the rule has nothing left to train", optimizer.LearningRate, double.NaN, null));
        ShouldStop = decision.Stop;
        if (decision.NextCheck is { } next) nextCheck = next;
    }

    private UnitView ViewOf(UnitState state)
    {
        FreezeUnit unit = state.Unit;
        double score = state.History.All.Count == 0 ? double.NaN : criterion.Score(state.History);
        string explanation = state.History.All.Count == 0 ? "not observed yet" : criterion.Explain(state.History);
        return new UnitView(
            unit.Index, unit.Path, state.History, score, explanation, unit.IsFrozen, optimizer.StepCount - state.LastObserved, state.Thaws, unit.IsHead,
            kind => Ledger.FullStep(unit.Index, kind))
        {
            Probe = state.Probe,
            Shapes = [.. unit.Parameters.Select(parameter => parameter.Shape)],
            State = state.ReadState,
        };
    }

    private void Apply(UnitState state, UnitDecision decision, string trigger, double score)
    {
        FreezeUnit unit = state.Unit;
        bool changes = decision.Frozen != unit.IsFrozen, adjusts = false;
        if (changes && decision.Frozen && Options.GuardMargin > 0 && replay is null) guard.Freezing(unit.Index);
        if (decision.UpdateMasks is { } masks && masks.Count != unit.Parameters.Count)
            throw new ArgumentException($"Freezing: unit '{unit.Path}' has {unit.Parameters.Count} parameters, the rule gave {masks.Count} update masks.");
        for (int i = 0; i < unit.Parameters.Count; i++)
        {
            Parameter parameter = unit.Parameters[i];
            if (changes) parameter.IsFrozen = decision.Frozen;
            if (decision.LearningRateScale is { } scale)
            {
                adjusts |= scale != optimizer.RateScaleOf(parameter);
                optimizer.SetRateScale(parameter, scale);
            }
            if (decision is { Frozen: true, StateAction: { } action })
            {
                adjusts |= action != OnFreeze.Keep && optimizer.StateBytes(parameter) > 0;
                optimizer.ApplyState(parameter, action);
            }
            if (decision.UpdateMasks is { } all)
            {
                adjusts |= !ReferenceEquals(all[i], parameter.UpdateMask);
                parameter.UpdateMask = all[i];
            }
        }
        if (!changes && !adjusts) return;
        if (changes && decision.Frozen) state.Frozen(optimizer.StepCount);
        else if (changes)
        {
            state.Thawed();
            guard.Pending.Remove(unit.Index);       // there is nothing left to take back
        }
        FreezeAction what = !changes ? FreezeAction.Adjust : decision.Frozen ? FreezeAction.Freeze : FreezeAction.Thaw;
        Log(Entry(state, what, trigger, decision.Reason ?? "no reason given", score) with
        {
            RateScale = decision.LearningRateScale,
            StateAction = decision.Frozen ? decision.StateAction : null,
            UpdateMasks = decision.UpdateMasks,
        });
    }

    private DecisionEntry Entry(UnitState state, FreezeAction action, string trigger, string reason, double score) =>
        new(optimizer.StepCount, state.Unit.Index, state.Unit.Path, action, trigger, reason, optimizer.LearningRate, score, state.History.All.Count == 0 ? null : state.History.All[^1]);

    private void Log(DecisionEntry entry)
    {
        decisions.Add(entry);
        log?.Write(entry);
    }

    private void Counting(CostKind kind)
    {
        device.Counters.Kind = kind;
        device.Counters.Unit = 0;
    }

    /// <summary>A tied parameter cannot rest in one unit and train in another (requirement R14).</summary>
    private void CheckTied(bool[] fates)
    {
        var uses = new Dictionary<Parameter, (string Path, bool Frozen)>(ReferenceEqualityComparer.Instance);
        foreach (UnitState unit in units)
        {
            foreach (NamedParameter named in unit.Unit.Uses)
            {
                bool frozen = fates[unit.Unit.Index];
                if (uses.TryGetValue(named.Parameter, out (string Path, bool Frozen) other) && other.Frozen != frozen)
                    throw new InvalidOperationException($"Freezing: '{other.Path}' and '{named.Path}' are one tied parameter, but their units are to be {(other.Frozen ? "frozen" : "trained")} and {(frozen ? "frozen" : "trained")}.");
                uses.TryAdd(named.Parameter, (named.Path, frozen));
            }
        }
    }

    private string NeedsProbe()
    {
        UnitStatistic? statistic = statistics.FirstOrDefault(statistic => (statistic.Reads & ProbeBatch.Serves) != 0);
        return statistic is null ? "ProbeEvery" : $"statistic '{statistic.Key}' reads {statistic.Reads & ProbeBatch.Serves}, which";
    }

    private void CheckOptimizer()
    {
        var held = new HashSet<Parameter>(optimizer.Parameters, ReferenceEqualityComparer.Instance);
        foreach (Parameter parameter in model.Parameters())
        {
            if (!held.Contains(parameter)) throw new ArgumentException($"Freezing: the optimizer does not hold '{parameter.Path}': make it from the same model.");
        }
    }
}
