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
        int step = optimizer.StepCount;
        using var scope = new Scope();
        Tensor values = Tensor.Empty(device, [(observed.Length * width) + 1], MemoryKind.Statistic);
        TensorRange halted = values.Range.Slice(observed.Length * width, 1);
        optimizer.CopyHalted(halted);
        Read(observed, width, values.Range, inTrial: false);
        if ((reads & Reads.TrialStep) != 0)
        {
            // After everything else, which must not see what the trial moves.
            using TrialStep trial = probes!.Try(optimizer);
            Counting(CostKind.Statistics);
            foreach (UnitState unit in observed) unit.View.Trial = trial;
            Read(observed, width, values.Range, inTrial: true);
            foreach (UnitState unit in observed) unit.View.Trial = null;
        }
        var host = new double[values.Shape.Count];
        values.CopyTo(host);
        values.Dispose();
        // Since a step that was not finite nothing is updated: what stands still because of that has not finished.
        if (host[^1] != 0) Array.Fill(host, double.NaN);
        for (int i = 0; i < observed.Length; i++) observed[i].Observe(step, host.AsSpan(i * width, width));
    }

    private void Read(UnitState[] observed, int width, TensorRange values, bool inTrial)
    {
        bool watches = !inTrial && (reads & (Reads.Output | Reads.ReferenceModel)) != 0;
        try
        {
            if (watches)
            {
                probes!.Watch((reads & Reads.ReferenceModel) != 0);
                probes.Show(units);
            }
            using GradMode.Restore mode = GradMode.Disable();
            norms.Clear();
            for (int i = 0; i < observed.Length; i++)
            {
                device.Counters.Unit = observed[i].Unit.Index + 1;
                observed[i].Read(values.Slice(i * width, width), inTrial);
            }
            device.Counters.Unit = 0;
            norms.Run(device);
            if (inTrial) return;
            foreach (UnitState unit in observed)
            {
                device.Counters.Unit = unit.Unit.Index + 1;
                unit.Remember();
            }
            device.Counters.Unit = 0;
        }
        finally
        {
            if (watches) probes!.Forget(units);
        }
    }

    /// <summary>What the frozen units would have received; one whose debt is too large is thawed.</summary>
    private void Probe()
    {
        Counting(CostKind.Probe);
        double[] found = probes!.GradientNorms(norms);
        Counting(CostKind.Statistics);
        foreach (UnitState unit in units)
        {
            ProbeReading reading = unit.Probed(optimizer.StepCount, found[unit.Unit.Index]);
            if (Options.ProbeDebt > 0 && reading.Debt > Options.ProbeDebt)
                Thaw([unit], "probe", FormattableString.Invariant($"its gradient on the probe batch is {reading.GradientNorm:G3}, {reading.Debt:G3} times what it was at the freeze"));
        }
    }
}
