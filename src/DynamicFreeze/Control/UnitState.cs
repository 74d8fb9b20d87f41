using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the controller keeps for one unit.</summary>
internal sealed partial class UnitState : IDisposable
{
    private readonly Optimizer optimizer;
    private readonly IReadOnlyList<UnitStatistic> statistics;
    private readonly StepView[] views;
    private readonly bool remembers;
    private int intervalSteps;
    private double intervalRate;

    public UnitState(FreezeUnit unit, Optimizer optimizer, IReadOnlyList<UnitStatistic> statistics, NormQueue norms)
    {
        Unit = unit;
        this.optimizer = optimizer;
        this.statistics = statistics;
        Memory = new UnitMemory(unit);
        views = [.. statistics.Select(statistic => new StepView(unit, optimizer, norms, Memory, statistic.Key))];
        remembers = statistics.Any(statistic => (statistic.Reads & Reads.WeightDelta) != 0);
    }

    public FreezeUnit Unit { get; }

    public UnitHistory History { get; } = new();

    public UnitMemory Memory { get; }

    public int Thaws { get; private set; }

    public int LastObserved { get; private set; }

    /// <summary>Whether it was frozen when its flag was changed last.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>The step at which it was frozen last.</summary>
    public int FrozenAt { get; private set; }

    /// <summary>Whether a rule scales its rate: said once.</summary>
    public bool FollowsRates { get; set; }

    /// <summary>What the rule was refused for it last; null: nothing since.</summary>
    public string? Refused { get; set; }

    /// <summary>What the last probe found.</summary>
    public ProbeReading? Probe { get; private set; }

    /// <summary>The user may have frozen it already.</summary>
    public void Start() => IsFrozen = Unit.IsFrozen;

    /// <summary>After a backward pass in which the unit trained.</summary>
    public void Accumulate()
    {
        Begin();
        for (int i = 0; i < views.Length; i++) Accumulate(i);
        CountStep();
        // Before the optimizer's count, so that a step that is repeated finds the same rate.
        Unit.Parameters[0].Value.Device.Recorder?.Again(CountStep);
    }

    /// <summary>Before its first update, or the first after its memory was released: what later weights are compared with. Also where that step is a repeated one.</summary>
    public void Begin()
    {
        if (remembers && !Memory.Remembers) Memory.Remember();
    }

    /// <summary>Whether enough steps were seen for an observation: a unit that was thawed shortly before a check waits for the next one.</summary>
    public bool IsObservable(int interval) => !Unit.IsFrozen && intervalSteps > 0 && 2 * intervalSteps >= interval;

    /// <summary>Writes the values of the statistics that read a trial step, or of the others, each at its place.</summary>
    public void Read(TensorRange values, bool inTrial)
    {
        int at = 0;
        for (int i = 0; i < views.Length; i++)
        {
            int width = statistics[i].Values.Count;
            if ((statistics[i].Reads & Reads.TrialStep) != 0 == inTrial) Read(i, values.Slice(at, width));
            at += width;
        }
    }

    /// <summary>Begins the next interval's weight changes, once the statistics of this one are done.</summary>
    public void Remember()
    {
        if (remembers) Memory.Remember();
    }

    /// <param name="step">Steps taken.</param>
    /// <param name="values">What the statistics gave.</param>
    /// <param name="remainingRate">Σ of the schedule's rate over the steps that are left.</param>
    public void Observe(int step, ReadOnlySpan<double> values, double remainingRate)
    {
        var observation = new Observation(step, intervalSteps, intervalRate) { StepGain = optimizer.StepGain, StepMemory = optimizer.StepMemory, RemainingRate = remainingRate * GroupScale() };
        int at = 0;
        foreach (UnitStatistic statistic in statistics)
        {
            observation.Add(statistic.Key, values.Slice(at, statistic.Values.Count).ToArray());
            at += statistic.Values.Count;
        }
        History.Add(observation);
        LastObserved = step;
        BeginInterval();
    }

    /// <summary>The unit was frozen or thawed, or as much of it as is not pinned. A frozen unit observes nothing, so its statistics' memory is released.</summary>
    /// <param name="step">When.</param>
    /// <param name="isFrozen">Whether all of it is frozen now.</param>
    /// <param name="isThaw">Whether something was thawed. Where a part is pinned that trains, a freeze of the others is none, though not all is frozen after it.</param>
    public void FlagChanged(int step, bool isFrozen, bool isThaw)
    {
        IsFrozen = isFrozen;
        if (isFrozen)
        {
            FrozenAt = step;
            if (Probe is { } probe) Probe = probe with { AtFreeze = probe.GradientNorm };
            Memory.Dispose();
        }
        else
        {
            if (isThaw) Thaws++;
            if (Probe is { } probe) Probe = probe with { AtFreeze = double.NaN };
            History.BeginStretch();
        }
        BeginInterval();
    }

    /// <summary>A probe's finding: compared with the last one before the freeze, or with the first after it.</summary>
    public ProbeReading Probed(int step, double norm)
    {
        double atFreeze = !Unit.IsFrozen ? double.NaN : Probe is { AtFreeze: > 0 } earlier ? earlier.AtFreeze : norm;
        Probe = new ProbeReading(step, norm, atFreeze);
        return Probe;
    }

    /// <summary>The weights were put back: what was collected since the last check says nothing about them, and what was observed belongs to an earlier stretch.</summary>
    public void Forget()
    {
        Memory.Dispose();
        History.BeginStretch();
        BeginInterval();
    }

    /// <summary>What a statistic keeps for a parameter, on the host; null: nothing.</summary>
    public float[]? ReadState(string statistic, int parameter, string name) =>
        Memory.Has(statistic, Unit.Parameters[parameter], name) ? Memory.State(statistic, Unit.Parameters[parameter], name, Unit.Parameters[parameter].Shape).ToArray() : null;

    public void Dispose() => Memory.Dispose();

    /// <summary>What the schedule's rate is multiplied with for the unit: its group's scale and its own.</summary>
    private double GroupScale() => optimizer.LearningRate is > 0 and var rate ? (double)optimizer.RateOf(Unit.Parameters[0]) / rate : 1;

    private void CountStep()
    {
        intervalSteps++;
        intervalRate += optimizer.RateOf(Unit.Parameters[0]);
    }

    private void BeginInterval()
    {
        intervalSteps = 0;
        intervalRate = 0;
    }

    private void Accumulate(int index)
    {
        try
        {
            statistics[index].Accumulate(views[index]);
        }
        catch (Exception exception) when (IsNoted(exception, index, optimizer.StepCount + 1))
        {
            throw;
        }
    }

    private void Read(int index, TensorRange values)
    {
        try
        {
            statistics[index].Read(views[index], values);
        }
        catch (Exception exception) when (IsNoted(exception, index, optimizer.StepCount))
        {
            throw;
        }
    }

    private bool IsNoted(Exception exception, int index, int step) => PartFailure.Note(exception, $"statistic '{statistics[index].Key}'", step, Unit.Path);
}
