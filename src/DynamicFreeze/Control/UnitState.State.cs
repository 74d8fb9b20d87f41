using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Saving and loading: everything that is kept for a unit, flags, masks and pins included.</summary>
internal sealed partial class UnitState
{
    public void Save(StateTree state)
    {
        for (int i = 0; i < Unit.Parameters.Count; i++)
        {
            Parameter parameter = Unit.Parameters[i];
            state.Set($"frozen{i}", parameter.IsFrozen);
            state.Set($"pin{i}", (long)Unit.PinOf(i));
            state.Set($"pinnedScale{i}", Unit.PinnedScaleOf(i));
            if (parameter.UpdateMask is not { } mask) continue;
            state.Set($"maskAxis{i}", (long)mask.Axis);
            state.Set($"mask{i}", [.. mask.Trains.Select(part => part ? 1L : 0)]);
        }
        if (Unit.CutRate > 0) state.Set("cutRate", Unit.CutRate);
        state.Set("isFrozen", IsFrozen);
        state.Set("frozenAt", FrozenAt);
        state.Set("followsRates", FollowsRates);
        if (Refused is not null) state.Set("refused", Refused);
        if (Probe is { } probe) state.Set("probe", [probe.Step, probe.GradientNorm, probe.AtFreeze]);
        state.Set("thaws", Thaws);
        state.Set("lastObserved", LastObserved);
        state.Set("intervalSteps", intervalSteps);
        state.Set("intervalRate", intervalRate);
        state.Set("stretch", History.Stretch);
        state.Set("observations", [History.All.Count, Columns + Width], [.. History.All.SelectMany(Row)]);
        Memory.Save(state.Branch("statistics"));
    }

    /// <summary>Reads and checks; what it returns makes the change.</summary>
    public Action Read(StateTree state)
    {
        int count = Unit.Parameters.Count;
        bool[] frozen = [.. Enumerable.Range(0, count).Select(i => state.Flag($"frozen{i}"))];
        ParameterPin[] pins = [.. Enumerable.Range(0, count).Select(i => (ParameterPin)state.Int32($"pin{i}", 0, (int)ParameterPin.All))];
        float[] scales = [.. Enumerable.Range(0, count).Select(i => (float)state.Real($"pinnedScale{i}", 0, float.MaxValue))];
        UpdateMask?[] masks = [.. Enumerable.Range(0, count).Select(i => MaskOf(state, i))];
        double cut = state.Contains("cutRate") ? state.Real("cutRate", 0, 1) : 0;
        if (cut > 0 && !Unit.CanCut) throw state.Bad("cutRate", $"is of unit '{Unit.Path}', which no residual sum leads around");
        bool isFrozen = state.Flag("isFrozen"), follows = state.Flag("followsRates");
        string? refused = state.Contains("refused") ? state.Text("refused") : null;
        ProbeReading? probe = state.Contains("probe") && state.Reals("probe", 3) is { } read ? new ProbeReading((int)read[0], read[1], read[2]) : null;
        int frozenAt = state.Int32("frozenAt"), thaws = state.Int32("thaws"), last = state.Int32("lastObserved"), steps = state.Int32("intervalSteps");
        double rate = state.Real("intervalRate");
        List<Observation> observations = Observations(state);
        int stretch = state.Int32("stretch", 0, observations.Count);
        Action memory = Memory.Read(state.Branch("statistics"));
        return () =>
        {
            for (int i = 0; i < count; i++)
            {
                Unit.Parameters[i].IsFrozen = frozen[i];
                Unit.Parameters[i].UpdateMask = masks[i];
                Unit.SetPin(i, pins[i], scales[i]);
            }
            Unit.CutRate = cut;
            (IsFrozen, FollowsRates, Refused, Probe) = (isFrozen, follows, refused, probe);
            (FrozenAt, Thaws, LastObserved, intervalSteps, intervalRate) = (frozenAt, thaws, last, steps, rate);
            History.Restore(observations, stretch);
            memory();
        };
    }

    /// <summary>Numbers of an observation beside its statistics' values.</summary>
    internal const int Columns = 6;

    private int Width => statistics.Sum(statistic => statistic.Values.Count);

    private static IEnumerable<double> Row(Observation observation) => [observation.Step, observation.Steps, observation.IntegratedRate, observation.StepGain, observation.StepMemory, observation.RemainingRate, .. observation.All.SelectMany(entry => entry.Values)];

    private List<Observation> Observations(StateTree state)
    {
        SafetensorsEntry saved = state.Entry("observations");
        int width = Columns + Width;
        if (saved.Shape.Rank != 2 || saved.Shape[1] != width) throw state.Bad("observations", $"has shape {saved.Shape}, expected (any, {width})");
        double[] all = saved.ToDoubles();
        var observations = new List<Observation>(all.Length / width);
        for (int at = 0; at < all.Length; at += width)
        {
            var observation = new Observation((int)all[at], (int)all[at + 1], all[at + 2]) { StepGain = all[at + 3], StepMemory = all[at + 4], RemainingRate = all[at + 5] };
            int value = at + Columns;
            foreach (UnitStatistic statistic in statistics)
            {
                observation.Add(statistic.Key, all[value..(value + statistic.Values.Count)]);
                value += statistic.Values.Count;
            }
            observations.Add(observation);
        }
        return observations;
    }

    private UpdateMask? MaskOf(StateTree state, int i)
    {
        if (!state.Contains($"maskAxis{i}")) return null;
        var axis = (UpdateMaskAxis)state.Int32($"maskAxis{i}", 0, (int)UpdateMaskAxis.Channels);
        int entries = UpdateMask.EntriesOf(axis, Unit.Parameters[i].Shape);
        return UpdateMask.Of(axis, [.. state.Integers($"mask{i}", entries, 0, 1).Select(part => part != 0)]);
    }
}
