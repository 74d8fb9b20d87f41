using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the controller keeps for one unit.</summary>
internal sealed class UnitState(FreezeUnit unit, Optimizer optimizer, IReadOnlyList<UnitStatistic> statistics) : IDisposable
{
    private int intervalSteps;
    private double intervalRate;

    public FreezeUnit Unit { get; } = unit;

    public UnitHistory History { get; } = new();

    public StepView View { get; } = new(unit, optimizer);

    public int Thaws { get; private set; }

    public int LastObserved { get; private set; }

    /// <summary>After a backward pass in which the unit trained.</summary>
    public void Accumulate()
    {
        foreach (UnitStatistic statistic in statistics) statistic.Accumulate(View);
        intervalSteps++;
        intervalRate += optimizer.RateOf(Unit.Parameters[0]);
    }

    /// <summary>Whether enough steps were seen for an observation: a unit that was thawed shortly before a check waits for the next one.</summary>
    public bool IsObservable(int interval) => !Unit.IsFrozen && intervalSteps > 0 && 2 * intervalSteps >= interval;

    /// <summary>Writes the statistics' values one after another.</summary>
    public void Read(TensorRange values)
    {
        int at = 0;
        foreach (UnitStatistic statistic in statistics)
        {
            statistic.Read(View, values.Slice(at, statistic.Values.Count));
            at += statistic.Values.Count;
        }
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
    public void Frozen()
    {
        View.Dispose();
        BeginInterval();
    }

    public void Thawed()
    {
        Thaws++;
        History.BeginStretch();
        BeginInterval();
    }

    public void Save(StateTree state)
    {
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

    private void BeginInterval()
    {
        intervalSteps = 0;
        intervalRate = 0;
    }
}
