using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Looking: statistics at checks, trial steps, probes.</summary>
public sealed partial class FreezeController
{
    /// <summary>
    /// Reads all statistics of all units that train (and of resting ones, where no statistic needs a gradient): one small vector, and the one wait for the device that a decision needs.
    /// </summary>
    private void Collect(int interval)
    {
        bool seesFrozen = statistics.Count > 0 && (reads & (Reads.Gradient | Reads.WeightDelta | Reads.OptimizerState)) == 0;
        UnitState[] observed = [.. units.Where(unit => unit.IsObservable(interval) || seesFrozen)];
        int width = statistics.Sum(statistic => statistic.Values.Count);
        if (observed.Length == 0 || width == 0) return;
        int step = optimizer.StepCount;       // a trial step counts, until it is taken back
        using var scope = new Scope();
        using TrialStep? trial = (reads & Reads.TrialStep) != 0 ? probes!.Try(optimizer) : null;
        Counting(CostKind.Statistics);
        bool watches = (reads & (Reads.Output | Reads.ReferenceModel)) != 0;
        if (watches)
        {
            probes!.Watch((reads & Reads.ReferenceModel) != 0);
            probes.Show(units);
        }
        using GradMode.Restore mode = GradMode.Disable();
        Tensor values = Tensor.Empty(device, [observed.Length, width], MemoryKind.Statistic);
        for (int i = 0; i < observed.Length; i++)
        {
            device.Counters.Unit = observed[i].Unit.Index + 1;
            observed[i].View.Trial = trial;
            observed[i].Read(values.Range.Slice(i * width, width));
            observed[i].View.Trial = null;
        }
        device.Counters.Unit = 0;
        if (watches) probes!.Forget(units);
        var host = new double[observed.Length * width];
        values.CopyTo(host);
        values.Dispose();
        for (int i = 0; i < observed.Length; i++) observed[i].Observe(step, host.AsSpan(i * width, width));
    }

    /// <summary>What the frozen units would have received; one whose debt is too large is thawed.</summary>
    private void Probe()
    {
        Counting(CostKind.Probe);
        double[] norms = probes!.GradientNorms();
        Counting(CostKind.Statistics);
        foreach (UnitState unit in units)
        {
            ProbeReading reading = unit.Probed(optimizer.StepCount, norms[unit.Unit.Index]);
            if (Options.ProbeDebt > 0 && reading.Debt > Options.ProbeDebt)
                Thaw([unit], "probe", FormattableString.Invariant($"its gradient on the probe batch is {reading.GradientNorm:G3}, {reading.Debt:G3} times what it was at the freeze"));
        }
    }
}
