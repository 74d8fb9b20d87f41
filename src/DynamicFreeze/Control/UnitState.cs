using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the controller keeps for one unit.</summary>
internal sealed class UnitState(FreezeUnit unit, Optimizer optimizer, IReadOnlyList<UnitStatistic> statistics, NormQueue norms) : IDisposable
{
    private readonly bool remembers = statistics.Any(statistic => (statistic.Reads & Reads.WeightDelta) != 0);
    private int intervalSteps;
    private double intervalRate;

    public FreezeUnit Unit { get; } = unit;

    public UnitHistory History { get; } = new();

    public StepView View { get; } = new(unit, optimizer, norms);

    public int Thaws { get; private set; }

    public int LastObserved { get; private set; }

    /// <summary>The step at which it was frozen last.</summary>
    public int FrozenAt { get; private set; }

    /// <summary>What the last probe found.</summary>
    public ProbeReading? Probe { get; private set; }

    /// <summary>After a backward pass in which the unit trained.</summary>
    public void Accumulate()
    {
        if (remembers && !View.Remembers) View.Remember();
        foreach (UnitStatistic statistic in statistics) statistic.Accumulate(View);
        intervalSteps++;
        intervalRate += optimizer.RateOf(Unit.Parameters[0]);
    }

    /// <summary>Whether enough steps were seen for an observation: a unit that was thawed shortly before a check waits for the next one.</summary>
    public bool IsObservable(int interval) => !Unit.IsFrozen && intervalSteps > 0 && 2 * intervalSteps >= interval;

    /// <summary>Writes the values of the statistics that read a trial step, or of the others, each at its place.</summary>
    public void Read(TensorRange values, bool inTrial)
    {
        int at = 0;
        foreach (UnitStatistic statistic in statistics)
        {
            if ((statistic.Reads & Reads.TrialStep) != 0 == inTrial) statistic.Read(View, values.Slice(at, statistic.Values.Count));
            at += statistic.Values.Count;
        }
    }

    /// <summary>Begins the next interval's weight changes, once the statistics of this one are done.</summary>
    public void Remember()
    {
        if (remembers) View.Remember();
    }

    public void Observe(int step, ReadOnlySpan<double> values)
    {
        var observation = new Observation(step, intervalSteps, intervalRate);
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

    /// <summary>A frozen unit observes nothing, so its statistics' memory is released.</summary>
    public void Frozen(int step)
    {
        FrozenAt = step;
        if (Probe is { } probe) Probe = probe with { AtFreeze = probe.GradientNorm };
        View.Dispose();
        BeginInterval();
    }

    public void Thawed()
    {
        Thaws++;
        if (Probe is { } probe) Probe = probe with { AtFreeze = double.NaN };
        History.BeginStretch();
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
        View.Dispose();
        History.BeginStretch();
        BeginInterval();
    }

    public float[]? ReadState(int parameter, string name) => View.HasState(Unit.Parameters[parameter], name) ? View.State(Unit.Parameters[parameter], name).ToArray() : null;

    public void Save(StateTree state)
    {
        state.Set("frozenAt", FrozenAt);
        for (int i = 0; i < Unit.Parameters.Count; i++)
        {
            if (Unit.Parameters[i].UpdateMask is { } mask) state.Set($"mask{i}", [mask.Trains.Count + 1], [(double)mask.Axis, .. mask.Trains.Select(part => part ? 1.0 : 0.0)]);
        }
        if (Probe is { } probe) state.Set("probe", [3], new[] { probe.Step, probe.GradientNorm, probe.AtFreeze });
        state.Set("thaws", Thaws);
        state.Set("lastObserved", LastObserved);
        state.Set("intervalSteps", intervalSteps);
        state.Set("intervalRate", Shape.Scalar, new[] { intervalRate });
        state.Set("stretch", History.Stretch);
        state.Set("observations", History.All.Count);
        for (int i = 0; i < History.All.Count; i++)
        {
            Observation observation = History.All[i];
            double[] row = [observation.Step, observation.Steps, observation.IntegratedRate, .. observation.All.SelectMany(entry => entry.Values)];
            state.Set($"observation{i}", [row.Length], row);
        }
        View.Save(state.Branch("statistics"));
    }

    public void Load(StateTree state)
    {
        Thaws = (int)state.Integer("thaws");
        FrozenAt = (int)state.Integer("frozenAt");
        for (int i = 0; i < Unit.Parameters.Count; i++)
            Unit.Parameters[i].UpdateMask = state.Contains($"mask{i}") ? MaskOf(state.Reals($"mask{i}")) : null;
        Probe = state.Contains("probe") && state.Reals("probe") is { } probe ? new ProbeReading((int)probe[0], probe[1], probe[2]) : null;
        LastObserved = (int)state.Integer("lastObserved");
        intervalSteps = (int)state.Integer("intervalSteps");
        intervalRate = state.Reals("intervalRate")[0];
        var all = new List<Observation>();
        for (int i = 0; i < state.Integer("observations"); i++)
        {
            double[] row = state.Reals($"observation{i}");
            var observation = new Observation((int)row[0], (int)row[1], row[2]);
            int at = 3;
            foreach (UnitStatistic statistic in statistics)
            {
                observation.Add(statistic.Key, row[at..(at + statistic.Values.Count)]);
                at += statistic.Values.Count;
            }
            all.Add(observation);
        }
        History.Restore(all, (int)state.Integer("stretch"));
        View.Load(state.Branch("statistics"));
    }

    public void Dispose() => View.Dispose();

    private static UpdateMask MaskOf(double[] saved) => UpdateMask.Of((UpdateMaskAxis)(int)saved[0], [.. saved.Skip(1).Select(part => part != 0)]);

    private void BeginInterval()
    {
        intervalSteps = 0;
        intervalRate = 0;
    }
}
