using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Runs a criterion and a rule while training: collects statistics, asks the rule at checks, and is the only one that changes anything. Flags change between steps only. It sees
/// validation measurements through <see cref="Observe"/> and never test data. The last unit, the head, is never frozen.
/// </summary>
public sealed class FreezeController : IStateful, IDisposable
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
    private int lastCheck;
    private int nextCheck;
    private int preparedAt = NotPrepared;

    /// <summary>A controller for a model and its optimizer. The model must have its memory. The rule is asked once, here, before the first step.</summary>
    public FreezeController(
        ModuleBase model, Optimizer optimizer, ICriterion criterion, IFreezeRule rule, IDecisionLog? log = null, FreezeOptions? options = null, ulong seed = 0)
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
        statistics = [.. criterion.Statistics.DistinctBy(statistic => statistic.Key)];
        CheckReads();
        Units = FreezeUnit.Of(model);
        CheckOptimizer();
        units = [.. Units.Select(unit => new UnitState(unit, optimizer, statistics))];
        device = Units[0].Parameters[0].Value.Device;
        random = new RandomStream(seed, $"rule/{rule.Name}");
        Ledger = new FreezeLedger(device, Units);
        this.rule = rule.Start();
        lastCheck = optimizer.StepCount;
        nextCheck = lastCheck + Options.CheckEvery;
        log?.Begin(criterion.Name, rule.Name, Options, Units);
        Ask();
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
        foreach (UnitState unit in units)
        {
            if (unit.Unit.IsFrozen) continue;
            device.Counters.Unit = unit.Unit.Index + 1;
            unit.Accumulate();
        }
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
        ThawOnRateDrop();
        if (optimizer.StepCount >= nextCheck) Check();
        Ledger.Settle();
        Counting(CostKind.Forward);
    }

    /// <summary>Records a validation measurement; a regression thaws everything. Call it between steps: what was computed since the last one is evaluation, not training. NaN is recorded and compared with nothing.</summary>
    public void Observe(string name, double value, bool higherIsBetter = true)
    {
        if (preparedAt != NotPrepared) throw new InvalidOperationException("Freezing: Observe was called between BeforeStep and AfterStep; flags change between steps only.");
        var point = new ValidationPoint(optimizer.StepCount, name, value, higherIsBetter);
        double sign = higherIsBetter ? 1 : -1;
        double best = double.NegativeInfinity;
        foreach (ValidationPoint earlier in validation)
        {
            if (earlier.Name == name && !double.IsNaN(earlier.Value)) best = Math.Max(best, sign * earlier.Value);
        }
        validation.Add(point);
        if (Options.RegressionMargin > 0 && sign * value < best - Options.RegressionMargin)
            ThawAll("regression", FormattableString.Invariant($"{name} {value:G4} is worse than the best so far, {sign * best:G4}, by more than {Options.RegressionMargin:G3}"));
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
        }
        for (int i = 0; i < counting.Length; i++) counting[i].LoadState(before.Branch($"{i}"));
        Ledger.Measured();
    }

    /// <summary>Leaves the work since the last step out of the ledger: it was none of training's. Call it between steps.</summary>
    public void Disregard() => Ledger.Disregard();

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("lastCheck", lastCheck);
        state.Set("nextCheck", nextCheck);
        state.Set("stop", ShouldStop ? 1 : 0);
        state.Set("random", (long)random.Position);
        rule.SaveState(state.Branch("rule"));
        foreach (UnitState unit in units)
        {
            StateTree branch = state.Branch($"unit{unit.Unit.Index}");
            branch.Set("frozen", unit.Unit.IsFrozen ? 1 : 0);
            unit.Save(branch);
        }
        StateTree measurements = state.Branch("validation");
        for (int i = 0; i < validation.Count; i++)
        {
            ValidationPoint point = validation[i];
            measurements.Set($"{i:D9}/{point.Name}", [3], new[] { point.Step, point.Value, point.HigherIsBetter ? 1 : 0 });
        }
    }

    /// <inheritdoc/>
    public void LoadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        lastCheck = (int)state.Integer("lastCheck");
        nextCheck = (int)state.Integer("nextCheck");
        ShouldStop = state.Integer("stop") != 0;
        random.Position = (ulong)state.Integer("random");
        rule.LoadState(state.Branch("rule"));
        foreach (UnitState unit in units)
        {
            StateTree branch = state.Branch($"unit{unit.Unit.Index}");
            foreach (Parameter parameter in unit.Unit.Parameters) parameter.IsFrozen = branch.Integer("frozen") != 0;
            unit.Load(branch);
        }
        StateTree measurements = state.Branch("validation");
        validation.Clear();
        foreach (string key in measurements.Names)
        {
            double[] point = measurements.Reals(key);
            validation.Add(new ValidationPoint((int)point[0], key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..], point[1], point[2] != 0));
        }
    }

    /// <summary>Releases the statistics' memory.</summary>
    public void Dispose()
    {
        foreach (UnitState unit in units) unit.Dispose();
    }

    private void Check()
    {
        int interval = optimizer.StepCount - lastCheck;
        lastCheck = optimizer.StepCount;
        nextCheck = lastCheck + Options.CheckEvery;
        Counting(CostKind.Statistics);
        Collect(interval);
        if (optimizer.StepCount > Options.WarmUpSteps) Ask();
    }

    /// <summary>Reads all statistics of all units that train: one small vector, and the one wait for the device that a decision needs.</summary>
    private void Collect(int interval)
    {
        UnitState[] observed = [.. units.Where(unit => unit.IsObservable(interval))];
        int width = statistics.Sum(statistic => statistic.Values.Count);
        if (observed.Length == 0 || width == 0) return;
        using var scope = new Scope();
        Tensor values = Tensor.Empty(device, [observed.Length, width], MemoryKind.Statistic);
        for (int i = 0; i < observed.Length; i++)
        {
            device.Counters.Unit = observed[i].Unit.Index + 1;
            observed[i].Read(values.Range.Slice(i * width, width));
        }
        device.Counters.Unit = 0;
        var host = new double[observed.Length * width];
        values.CopyTo(host);
        values.Dispose();
        for (int i = 0; i < observed.Length; i++) observed[i].Observe(optimizer.StepCount, host.AsSpan(i * width, width));
    }

    private void Ask()
    {
        UnitView[] views = [.. units.Select(ViewOf)];
        var context = new CheckContext(views, optimizer.StepCount, optimizer.LearningRate, validation, null, random);
        FreezeDecision decision = rule.Decide(context);
        var fates = new bool[units.Length];
        for (int i = 0; i < units.Length; i++)
        {
            UnitDecision wanted = decision.Units[i];
            bool refused = wanted.Frozen && views[i].IsHead;
            fates[i] = wanted.Frozen && !refused;
            if (refused) Log(new DecisionEntry(context.Step, i, views[i].Path, FreezeAction.Refuse, "rule", "the head is never frozen", context.LearningRate, views[i].Score, Last(units[i])));
        }
        CheckTied(fates);
        for (int i = 0; i < units.Length; i++) Apply(units[i], decision.Units[i] with { Frozen = fates[i] }, "rule", views[i].Score);
        ShouldStop = decision.Stop;
        if (decision.NextCheck is { } next) nextCheck = next;
    }

    private UnitView ViewOf(UnitState state)
    {
        FreezeUnit unit = state.Unit;
        double score = state.History.All.Count == 0 ? double.NaN : criterion.Score(state.History);
        string explanation = state.History.All.Count == 0 ? "not observed yet" : criterion.Explain(state.History);
        return new UnitView(
            unit.Index, unit.Path, state.History, score, explanation, unit.IsFrozen, optimizer.StepCount - state.LastObserved, state.Thaws, unit.Index == units.Length - 1,
            kind => Ledger.FullStep(unit.Index, kind));
    }

    private void ThawOnRateDrop()
    {
        const double Rounding = 1 - 1e-5;      // a schedule that multiplies with 0.2 in float32 falls by a factor of 5
        int step = optimizer.StepCount;
        double rate = optimizer.LearningRate, last = optimizer.Schedule.Rate(step - 1);
        // A schedule that has ended at zero is no drop: nothing will move any more.
        if (Options.RateDrop == 0 || !(rate > 0) || !(rate * Options.RateDrop * Rounding <= last)) return;
        // A drop comes from a rate that was held. The last steps of a cosine fall by large factors too, but each after one that did almost as much.
        double fallBefore = step < 2 ? 1 : optimizer.Schedule.Rate(step - 2) / last;
        if (fallBefore * fallBefore >= Math.Min(Options.RateDrop, 2)) return;
        ThawAll("rate-drop", FormattableString.Invariant($"the learning rate fell from {last:G3} to {rate:G3}: what had settled at the old rate may move again"));
    }

    private void ThawAll(string trigger, string reason)
    {
        foreach (UnitState unit in units)
        {
            if (unit.Unit.IsFrozen) Apply(unit, new UnitDecision(false, reason), trigger, double.NaN);
        }
    }

    private void Apply(UnitState state, UnitDecision decision, string trigger, double score)
    {
        FreezeUnit unit = state.Unit;
        bool changes = decision.Frozen != unit.IsFrozen;
        foreach (Parameter parameter in unit.Parameters)
        {
            if (changes) parameter.IsFrozen = decision.Frozen;
            if (decision.LearningRateScale is { } scale) optimizer.SetRateScale(parameter, scale);
            if (decision is { Frozen: true, StateAction: { } action }) optimizer.ApplyState(parameter, action);
        }
        if (!changes) return;
        if (decision.Frozen) state.Frozen();
        else state.Thawed();
        FreezeAction what = decision.Frozen ? FreezeAction.Freeze : FreezeAction.Thaw;
        Log(new DecisionEntry(optimizer.StepCount, unit.Index, unit.Path, what, trigger, decision.Reason ?? "no reason given", optimizer.LearningRate, score, Last(state)));
    }

    private static Observation? Last(UnitState state) => state.History.All.Count == 0 ? null : state.History.All[^1];

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

    private void CheckReads()
    {
        const Reads Provided = Reads.Gradient | Reads.Weight | Reads.WeightDelta;
        foreach (UnitStatistic statistic in statistics)
        {
            if ((statistic.Reads & ~Provided) != 0) throw new NotSupportedException($"Freezing: statistic '{statistic.Key}' reads {statistic.Reads & ~Provided}, which the controller does not provide yet (it provides {Provided}).");
        }
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
