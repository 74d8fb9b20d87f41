using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>
/// A run in which everything is drawn by a seed: model, optimizer, criteria, options, what the rule decides, what a user does by hand and calls between the steps. What is done in a step depends on seed and step alone, so
/// that a run can be saved, resumed and repeated. After each step it looks at what must always hold.
/// </summary>
internal sealed partial class DrawnRun : IDisposable
{
    public const int Steps = 26;
    private const int In = 5, Width = 4, Classes = 3;
    /// <summary>The length of these runs is not told, since a warning about it would ask the rule too: what needs it gives its place to another with the same statistic.</summary>
    private static readonly string[] Criteria = [.. Policies.Criteria().Names.Select(name => Policies.Criteria().Create(name).NeedsRunSteps ? "annealing-debt" : name)];
    private static readonly CostKind[] OfSteps = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer];

    private readonly ReferenceDevice device = new();
    private readonly ulong seed;
    private readonly bool byHand;
    private readonly Sequential model;
    private readonly Optimizer optimizer;
    private readonly ProbeBatch probe;
    private readonly Dictionary<Parameter, bool> flags = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Parameter, float> rates = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Parameter, UpdateMask?> masks = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, string> weights = [];      // after each step
    private readonly Dictionary<string, long> done = [];      // products of weight gradients, by unit
    private readonly Dictionary<string, long> full = [];
    private readonly Cost[,] excluded;      // by unit, the last of all together, and kind
    private readonly long[] excludedBytes;
    private readonly List<DecisionEntry> raised = [];
    private readonly List<DecisionEntry> logged = [];
    private readonly int[] thaws;
    private readonly int[] frozenAt;
    private readonly int[] numbers;
    private bool isResumed;
    private int observed;

    /// <param name="seed">What everything follows from.</param>
    /// <param name="byHand">Whether a user interferes.</param>
    /// <param name="log">Where decisions go, too.</param>
    /// <param name="replay">A recorded run that is repeated.</param>
    public DrawnRun(ulong seed, bool byHand = true, IDecisionLog? log = null, DecisionRecord? replay = null)
    {
        (this.seed, this.byHand) = (seed, byHand);
        var random = new RandomStream(seed, "run");
        device.Counters.Rates = new MachineRates(1e9, 1e8);
        Module middle = random.NextInt32(2) == 0 ? new BatchNorm(Width) : new Dropout(0.3f);
        model = new Sequential(
            ("fc1", new Linear(In, Width, activation: Activation.Relu)), ("middle", middle), ("fc2", new Linear(Width, Width, activation: Activation.Tanh)), ("fc3", new Linear(Width, Width)), ("head", new Linear(Width, Classes)));
        model.Initialize(device, seed);
        OnFreeze onFreeze = (OnFreeze)random.NextInt32(3);
        Schedule schedule = random.NextInt32(2) == 0 ? new StepDecay(0.05f, 9) : new WarmUp(3, new Cosine(0.05f, Steps));
        optimizer = random.NextInt32(2) == 0
            ? new Sgd(model, schedule, momentum: 0.9f, weightDecay: 0.01f, groups: new ParameterGroup("biases", named => named.Path.EndsWith("bias", StringComparison.Ordinal)) { RateScale = 2 }) { ClipNorm = 1, OnFreeze = onFreeze, OnNonFinite = OnNonFinite.Skip }
            : new AdamW(model, schedule) { OnFreeze = onFreeze, OnNonFinite = OnNonFinite.Skip };
        if (byHand && random.NextInt32(2) == 0) flags[model[2].Parameters().Last()] = model[2].Parameters().Last().IsFrozen = true;
        using (new Scope()) probe = new ProbeBatch(model, Networks.Batch(device, 6, In, Classes, 99).Inputs, Networks.Batch(device, 6, In, Classes, 99).Labels);
        FreezeOptions options = new()
        {
            CheckEvery = 1 + random.NextInt32(3),
            WarmUpSteps = random.NextInt32(3),
            RateDrop = random.NextInt32(2) * 5,
            RegressionMargin = random.NextInt32(2) * 0.3,
            ThawAfterSteps = random.NextInt32(2) * 5,
            ProbeEvery = random.NextInt32(3),
            ProbeDebt = random.NextInt32(2) * 1.5,
            GuardMargin = random.NextInt32(3) * 0.05,
            GuardChecks = random.NextInt32(3),
            MostFrozen = random.NextInt32(3) == 0 ? 0.5 : 1,
            MostAtOnce = random.NextInt32(3) == 0 ? 1 : int.MaxValue,
            ReferenceEvery = random.NextInt32(3),
            Replay = replay,
        };
        (ICriterion, double)[] criteria = [.. Enumerable.Range(0, 3).Select(i => (Policies.Criteria().Create(Criteria[(((int)seed * 3) + i) % Criteria.Length]), 1.0))];
        Freeze = new FreezeController(model, optimizer, new AllOf("drawn", criteria), new Rule(this), new Sink(this, log), options, seed, probe);
        thaws = new int[Freeze.Units.Count];
        frozenAt = new int[Freeze.Units.Count];
        numbers = [.. Freeze.Units.Select(unit => unit.Number), Freeze.Units[^1].Number + 1];
        excluded = new Cost[numbers.Length, Enum.GetValues<CostKind>().Length];
        excludedBytes = new long[numbers.Length];
        Freeze.UnitChanged += (unit, entry) =>
        {
            raised.Add(entry);
            if (entry.Action == FreezeAction.Thaw) thaws[unit.Index]++;
            if (entry.Action == FreezeAction.Freeze) frozenAt[unit.Index] = entry.Step;
        };
        Freeze.Start();
        weights[0] = Bits();
        // What a rollback to the start is judged by.
        if (random.NextInt32(2) == 0) Observe(random);
    }

    public FreezeController Freeze { get; }

    /// <summary>What the rule was shown and answered, a line a check.</summary>
    public List<(int Step, string Line)> Shown { get; } = [];

    /// <summary>The weights after each step, bit for bit.</summary>
    public string[] Weights => [.. weights.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value}")];

    public void Run(int from, int to)
    {
        for (int step = from; step < to; step++) Step(step);
    }

    /// <summary>Stops in the middle of a step, with a measurement that waits for it.</summary>
    public void Interrupt()
    {
        Backward(77, 6);
        Freeze.Observe("accuracy", 0, Better.Higher);
        Freeze.BeforeStep();
    }

    /// <summary>Everything that a run saves.</summary>
    public StateTree Save()
    {
        var state = new StateTree();
        foreach (Parameter parameter in model.Parameters()) state.Set($"weights/{parameter.Path}", parameter.Value);
        foreach ((int i, ModuleBuffer buffer) in model.Buffers().Index()) state.Set($"buffers/{i}", buffer.Value);
        foreach (ModuleBase module in model.Modules()) (module as IStateful)?.SaveState(state.Branch($"modules/{module.Path}"));
        optimizer.SaveState(state.Branch("optimizer"));
        Freeze.SaveState(state.Branch("freeze"));
        return state;
    }

    public void Load(StateTree state)
    {
        foreach (Parameter parameter in model.Parameters()) state.Read($"weights/{parameter.Path}", parameter.Value);
        foreach ((int i, ModuleBuffer buffer) in model.Buffers().Index()) state.Read($"buffers/{i}", buffer.Value);
        foreach (ModuleBase module in model.Modules()) (module as IStateful)?.LoadState(state.Branch($"modules/{module.Path}"));
        optimizer.LoadState(state.Branch("optimizer"));
        Freeze.LoadState(state.Branch("freeze"));
        // What this object knows of the run's past is another's now.
        flags.Clear();
        rates.Clear();
        masks.Clear();
        weights.Clear();
        raised.Clear();
        logged.Clear();
        Shown.Clear();
        model.ClearGradients();
        (isResumed, observed) = (true, Freeze.Validation.Count);
        foreach (FreezeUnit unit in Freeze.Units)
        {
            foreach ((int i, Parameter parameter) in unit.Parameters.Index())
            {
                if ((unit.PinOf(i) & ParameterPin.Flag) != 0) flags[parameter] = parameter.IsFrozen;
                if ((unit.PinOf(i) & ParameterPin.Rate) != 0) rates[parameter] = optimizer.RateScaleOf(parameter);
                if ((unit.PinOf(i) & ParameterPin.Mask) != 0) masks[parameter] = parameter.UpdateMask;
            }
        }
    }

    /// <summary>A state as texts, bit for bit; but the clock's, and sums of seconds, of which the last bits depend on what else a device has done.</summary>
    public static string[] Texts(StateTree state) =>
    [
        .. state.Entries.Where(entry => entry.Key != "freeze/ledger/seconds" && !entry.Key.StartsWith("freeze/savings/", StringComparison.Ordinal)).Select(entry => entry.Key.EndsWith("/seconds", StringComparison.Ordinal)
            ? $"{entry.Key}: {string.Join(' ', entry.Value.ToDoubles().Select(value => value.ToString("G8", CultureInfo.InvariantCulture)))}"
            : $"{entry.Key}: {entry.Value.Type} {entry.Value.Shape} {Convert.ToHexString(entry.Value.Bytes)}"),
    ];

    /// <summary>What was measured by nobody is nobody's, and what was done is somebody's: the ledger's sums are the device's.</summary>
    public void CheckBooks()
    {
        foreach (CostKind kind in Enum.GetValues<CostKind>())
        {
            if (kind is CostKind.Other or CostKind.Evaluation) continue;
            Cost sum = default, nobodys = device.Counters.Of(0, kind);
            foreach ((int unit, int number) in numbers.Index())
            {
                Cost booked = device.Counters.Of(number, kind) - excluded[unit, (int)kind], done = Freeze.Ledger.Done(unit, kind);
                Assert.Equal((kind, unit, booked.Launches, booked.Flops, booked.Bytes), (kind, unit, done.Launches, done.Flops, done.Bytes));
                sum += device.Counters.Of(number, kind);
            }
            Assert.Equal((device.Counters.Of(kind) - nobodys).Bytes, sum.Bytes);
            if (kind != CostKind.Forward) Assert.Equal((kind, 0L), (kind, nobodys.Launches));
        }
        foreach (FreezeUnit unit in Freeze.Units.Where(unit => unit.Path != "middle"))
        {
            Assert.Equal((unit.Path, done.GetValueOrDefault(unit.Path)), (unit.Path, Freeze.Ledger.Done(unit.Index, CostKind.WeightGradient).Flops));
            // What the user freezes later is none of what measuring a full step sees.
            if (!byHand && Freeze.Ledger.IsFullKnown) Assert.Equal((unit.Path, full[unit.Path]), (unit.Path, Freeze.Ledger.Full(unit.Index, CostKind.WeightGradient).Flops));
        }
        foreach (FreezeUnit unit in Freeze.Units) Assert.Equal(device.Counters.KeptBytes(unit.Number) - excludedBytes[unit.Index], Freeze.Ledger.KeptBytes(unit.Index));
        Assert.Equal(Steps, Freeze.Ledger.Steps);
    }

    /// <summary>What a run can be asked for that its saved state might have left out.</summary>
    public string[] Told() =>
    [
        .. Freeze.Decisions.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry} {entry.LearningRate:R} {entry.Score:R} {entry.RateScale} {entry.StateAction} {entry.RestoredStep} {string.Join(' ', entry.UpdateMasks ?? [])} {entry.Observation?.Steps} {entry.Observation?.IntegratedRate:R} {string.Join(' ', entry.Observation?.All.OrderBy(statistic => statistic.Key, StringComparer.Ordinal).SelectMany(statistic => statistic.Values) ?? [])}")),
        .. Freeze.Validation.Select(point => $"{point}"),
        .. Freeze.Units.Select(unit => $"{unit.Path} {unit.IsFrozen} {string.Join(' ', unit.Pinned)} {Freeze.Ledger.KeptBytes(unit.Index)} {string.Join(' ', unit.Parameters.Select(parameter => $"{optimizer.RateScaleOf(parameter)} {parameter.UpdateMask}"))}"),
        $"{Freeze.ShouldStop} {Freeze.Ledger.Steps} {optimizer.StepCount} {optimizer.SkippedSteps()}",
    ];

    public void Dispose()
    {
        Freeze.Dispose();
        probe.Dispose();
        optimizer.Dispose();
        model.Dispose();
        device.Dispose();
    }

    private string Bits() => string.Join(' ', model.Parameters().Select(parameter => Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(Networks.Bits(parameter).AsSpan()))));

    private void Step(int step)
    {
        var random = new RandomStream(seed, $"step{step}");
        if (byHand) Interfere(step, random);
        double[][] before = [.. model.Parameters().Select(Networks.Bits)];
        bool[] frozen = [.. model.Parameters().Select(parameter => parameter.IsFrozen)];
        int decided = Freeze.Decisions.Count;
        if (byHand && random.NextInt32(8) == 0)
        {
            Excluding(OfSteps, () =>
            {
                Backward(step, 5, counts: false);
                Freeze.BeforeStep();
                Freeze.Abandon();
            });
        }
        Backward(step, random.NextInt32(3) == 0 ? 4 : 6);
        if (random.NextInt32(5) == 0)
        {
            Observe(random);
            Backward(step + 100, 6);
        }
        if (random.NextInt32(10) == 0)
        {
            using CostScope booking = device.Counters.For(CostKind.Other);
            Tensor? gradient = model.Parameters().Last(parameter => parameter.Grad is not null).Grad;
            device.Fill(gradient!.Range, double.NaN);
        }
        Freeze.Step();
        CheckStep(step, before, frozen, decided);
        if (random.NextInt32(3) == 0)
        {
            decided = Freeze.Decisions.Count;
            Observe(random);
            CheckRollback(step, decided);
        }
        Visit(random);
    }

    private void CheckStep(int step, double[][] before, bool[] frozen, int decided)
    {
        if (!CheckRollback(step, decided))
        {
            weights[step + 1] = Bits();
            foreach ((int i, Parameter parameter) in model.Parameters().Index())
            {
                if (frozen[i] && !before[i].AsSpan().SequenceEqual(Networks.Bits(parameter))) throw new InvalidOperationException($"seed {seed}, step {step}: {parameter.Path} is frozen and moved");
            }
        }
        Assert.All(flags, pin => Assert.Equal(pin.Value, pin.Key.IsFrozen));
        Assert.All(rates, pin => Assert.Equal(pin.Value, optimizer.RateScaleOf(pin.Key)));
        Assert.All(masks, pin => Assert.Same(pin.Value, pin.Key.UpdateMask));
        Assert.All(model.Parameters(), parameter => Assert.Null(parameter.Grad));
        Assert.Contains(Freeze.Units, unit => !unit.IsFrozen);
        Assert.Equal((CostKind.Forward, 0, observed, step + 1), (device.Counters.Kind, device.Counters.Unit, Freeze.Validation.Count, optimizer.StepCount));
        if (isResumed) return;
        Assert.DoesNotContain(Freeze.Units, unit => Freeze.Options.ThawAfterSteps > 0 && unit.IsFrozen && unit.CanBecome(frozen: false) && step + 1 - frozenAt[unit.Index] >= Freeze.Options.ThawAfterSteps);
        Assert.Equal(Freeze.Decisions, logged);
        Assert.Equal(Freeze.Decisions.Where(entry => entry.Action is FreezeAction.Freeze or FreezeAction.Thaw or FreezeAction.Adjust), raised);
    }

    /// <summary>Whether there was a rollback; then the weights are those of its step.</summary>
    private bool CheckRollback(int step, int decided)
    {
        DecisionEntry? rollback = Freeze.Decisions.Skip(decided).LastOrDefault(entry => entry.Action == FreezeAction.Rollback);
        if (rollback is null) return false;
        if (weights.TryGetValue(rollback.RestoredStep!.Value, out string? then)) Assert.Equal(then, Bits());
        weights[step + 1] = Bits();
        return true;
    }

    private Tensor Loss(int index, int rows)
    {
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, rows, In, Classes, index);
        return model.Forward(inputs).CrossEntropy(labels);
    }

    private void Backward(int index, int rows, bool counts = true)
    {
        using var scope = new Scope();
        foreach (FreezeUnit unit in Freeze.Units.Where(_ => counts))
        {
            long products = 2L * rows * unit.Parameters[0].Shape.Count;
            full[unit.Path] = full.GetValueOrDefault(unit.Path) + products;
            if (!unit.Parameters[0].IsFrozen) done[unit.Path] = done.GetValueOrDefault(unit.Path) + products;
        }
        Loss(index, rows).Backward();
    }

    private void Observe(RandomStream random)
    {
        observed++;
        Freeze.Observe("accuracy", random.NextInt32(9) == 0 ? double.NaN : random.NextInt32(10) / 10.0, Better.Higher);
        if (random.NextInt32(3) > 0) return;
        observed++;
        Freeze.Observe("loss", random.NextInt32(10), Better.Lower, margin: random.NextInt32(2) == 0 ? null : 2);
    }
}
