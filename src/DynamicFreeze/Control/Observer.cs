using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Measures: statistics in every step and at checks, trial steps, probes. It changes nothing that training depends on.</summary>
internal sealed class Observer : IDisposable
{
    private readonly Controlled controlled;
    private readonly IReadOnlyList<UnitStatistic> statistics;
    private readonly Reads reads;
    private readonly Probes? probes;
    private readonly NormQueue norms = new();
    private readonly int width;
    private int lastCheck;
    private int skipped;

    /// <param name="controlled">What is measured.</param>
    /// <param name="criterion">What it needs is measured; null: nothing, as in a replay.</param>
    /// <param name="batch">What statistics that read outputs or a trial step, and probes, run on.</param>
    public Observer(Controlled controlled, ICriterion? criterion, ProbeBatch? batch)
    {
        this.controlled = controlled;
        statistics = criterion is null ? [] : Distinct(criterion);
        reads = statistics.Aggregate(Reads.None, (all, statistic) => all | statistic.Reads);
        width = statistics.Sum(statistic => statistic.Values.Count);
        Units = [.. controlled.Units.Select(unit => new UnitState(unit, controlled.Optimizer, statistics, norms))];
        bool needsProbe = criterion is not null && ((reads & ProbeBatch.Serves) != 0 || controlled.Options.ProbeEvery > 0);
        if (!needsProbe) return;
        if (batch is null) throw new ArgumentException($"Freezing: {NeedsProbe()} needs a probe batch, and none was given.");
        probes = new Probes(controlled.Model, controlled.Units, batch, reads, controlled.Options.ReferenceEvery);
    }

    /// <summary>The units, from the input.</summary>
    public UnitState[] Units { get; }

    /// <summary>The statistics' keys.</summary>
    public IEnumerable<string> Keys => statistics.Select(statistic => statistic.Key);

    public void Start()
    {
        lastCheck = controlled.Step;
        foreach (UnitState unit in Units) unit.Start();
        using CostScope booking = controlled.Booking(CostKind.Other);
        probes?.Start();
    }

    /// <summary>After a backward pass: every unit that trains.</summary>
    public void Accumulate()
    {
        norms.Clear();
        if (statistics.Count == 0) return;
        ForTraining(static unit => unit.Accumulate(), norms);
    }

    /// <summary>Before a recorded step is repeated, which accumulates by itself: what <see cref="Accumulate"/> does once, where it was not done.</summary>
    public void Begin()
    {
        if (statistics.Count > 0) ForTraining(static unit => unit.Begin(), null);
    }

    private void ForTraining(Action<UnitState> action, NormQueue? then)
    {
        using CostScope booking = controlled.Booking(CostKind.Statistics);
        using GradMode.Restore mode = GradMode.Disable();
        foreach (UnitState unit in Units)
        {
            if (unit.Unit.IsFrozen) continue;
            using CostScope own = controlled.Device.Counters.ForUnit(unit.Unit.Number);
            action(unit);
        }
        then?.Run(controlled.Device);
    }

    /// <summary>
    /// Reads all statistics of all units that train (and of frozen ones, where no statistic needs a gradient): one small vector, and the one wait for the device that a decision needs.
    /// </summary>
    /// <returns>Whether a step since the last one was not finite: nothing has been updated since.</returns>
    public bool Collect()
    {
        int step = controlled.Step, interval = step - lastCheck;
        lastCheck = step;
        bool seesFrozen = statistics.Count > 0 && (reads & (Reads.Gradient | Reads.WeightDelta | Reads.OptimizerState)) == 0;
        UnitState[] observed = width == 0 ? [] : [.. Units.Where(unit => unit.IsObservable(interval) || seesFrozen)];
        using CostScope booking = controlled.Booking(CostKind.Statistics);
        using var scope = new Scope();
        Tensor values = Tensor.Empty(controlled.Device, [(observed.Length * width) + 2], MemoryKind.Statistic);
        try
        {
            controlled.Optimizer.CopyHalted(values.Range.Slice(observed.Length * width, 2));
            if (observed.Length > 0) Read(observed, values.Range);
            var host = new double[values.Shape.Count];
            values.CopyTo(host);
            bool isHalted = host[^1] != 0, isSkipping = controlled.Optimizer.OnNonFinite == OnNonFinite.Skip;
            int skippedBefore = skipped;
            if (isSkipping) skipped = step - (int)host[^2];
            bool isBad = isSkipping ? skipped > skippedBefore : isHalted;
            // Since a step that was not finite nothing is updated: what stands still because of that has not finished.
            if (isBad) Array.Fill(host, double.NaN);
            double remaining = controlled.RemainingRate();
            for (int i = 0; i < observed.Length; i++) observed[i].Observe(step, host.AsSpan(i * width, width), remaining);
            // Sums over steps hold its numbers too: they begin anew.
            if (isBad && isSkipping) Forget();
            return isHalted && !isSkipping;
        }
        finally
        {
            values.Dispose();
        }
    }

    /// <summary>What the frozen units would have received, but for those that the user keeps frozen.</summary>
    public IEnumerable<(UnitState Unit, ProbeReading Reading)> Probe()
    {
        using CostScope booking = controlled.Booking(CostKind.Probe);
        double[] found = probes!.GradientNorms(norms);
        return [.. Units.Where(unit => !unit.Unit.IsPinned).Select(unit => (unit, unit.Probed(controlled.Step, found[unit.Unit.Index])))];
    }

    /// <summary>A rollback put the weights back: from then on the optimizer counts none of the steps before as left out.</summary>
    public void RolledBack()
    {
        skipped = 0;
        Forget();
    }

    /// <summary>What was collected says nothing about the next interval.</summary>
    public void Forget()
    {
        foreach (UnitState unit in Units) unit.Forget();
    }

    /// <summary>A step was abandoned in the middle.</summary>
    public void Abandon() => norms.Clear();

    public void Save(StateTree state)
    {
        state.Set("lastCheck", lastCheck);
        state.Set("skipped", skipped);
        probes?.Save(state.Branch("probes"));
    }

    public Action Read(StateTree state)
    {
        (int last, int left) = (state.Int32("lastCheck"), state.Int32("skipped"));
        Action? looks = probes?.Read(state.Branch("probes"));
        return () =>
        {
            (lastCheck, skipped) = (last, left);
            looks?.Invoke();
        };
    }

    public void Dispose()
    {
        foreach (UnitState unit in Units) unit.Dispose();
        probes?.Dispose();
        norms.Dispose();
    }

    private static UnitStatistic[] Distinct(ICriterion criterion)
    {
        foreach (UnitStatistic statistic in criterion.Statistics)
        {
            // A saved state's names are joined by slashes.
            if (string.IsNullOrEmpty(statistic.Key) || statistic.Key.Contains('/', StringComparison.Ordinal))
                throw new ArgumentException($"Freezing: criterion '{criterion.Name}' has a statistic with the key '{statistic.Key}'; a key is not empty and has no slash.");
        }
        return [.. criterion.Statistics.DistinctBy(statistic => statistic.Key)];
    }

    private void Read(UnitState[] observed, TensorRange values)
    {
        if ((reads & Reads.CutGradient) != 0)
        {
            double[][] cut = probes!.Cut();
            foreach (UnitState unit in observed) unit.Memory.CutGradient = cut[unit.Unit.Index];
        }
        bool watches = (reads & (Reads.Output | Reads.ReferenceModel)) != 0;
        try
        {
            if (watches)
            {
                probes!.Watch((reads & Reads.ReferenceModel) != 0);
                probes.Show(Units);
            }
            Read(observed, values, inTrial: false);
            using CostScope booking = controlled.Booking(CostKind.Statistics);
            foreach (UnitState unit in observed)
            {
                using CostScope own = controlled.Device.Counters.ForUnit(unit.Unit.Number);
                unit.Remember();
            }
        }
        finally
        {
            if (watches) probes!.Forget(Units);
        }
        if ((reads & Reads.TrialStep) == 0) return;
        // After everything else, which must not see what the trial moves.
        using TrialStep trial = probes!.Try(controlled.Optimizer);
        foreach (UnitState unit in observed) unit.Memory.Trial = trial;
        try
        {
            Read(observed, values, inTrial: true);
        }
        finally
        {
            foreach (UnitState unit in observed) unit.Memory.Trial = null;
        }
    }

    private void Read(UnitState[] observed, TensorRange values, bool inTrial)
    {
        using GradMode.Restore mode = GradMode.Disable();
        norms.Clear();
        for (int i = 0; i < observed.Length; i++)
        {
            using CostScope own = controlled.Device.Counters.ForUnit(observed[i].Unit.Number);
            observed[i].Read(values.Slice(i * width, width), inTrial);
        }
        norms.Run(controlled.Device);
    }

    private string NeedsProbe()
    {
        UnitStatistic? statistic = statistics.FirstOrDefault(statistic => (statistic.Reads & ProbeBatch.Serves) != 0);
        return statistic is null ? "ProbeEvery" : $"statistic '{statistic.Key}' reads {statistic.Reads & ProbeBatch.Serves}, which";
    }
}
