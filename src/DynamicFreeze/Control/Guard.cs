using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Keeps what was before the freezes that no validation measurement has confirmed yet.</summary>
internal sealed class Guard(ModuleBase model, Optimizer optimizer, int units) : IDisposable
{
    private readonly TrainingSnapshot before = new(model, optimizer);
    private readonly int[] restUntil = new int[units];
    private readonly List<(int From, int To)> discarded = [];
    private int lastFreeze;

    /// <summary>The units whose freeze waits to be confirmed.</summary>
    public List<int> Pending { get; } = [];

    /// <summary>The step to which a rollback would return.</summary>
    public int Step { get; private set; }

    /// <summary>Whether there is a state to return to, of this step.</summary>
    public bool HasTaken(int step) => before.IsTaken && Step == step;

    /// <summary>Whether a unit may not be frozen again yet.</summary>
    public bool Rests(int unit, int check) => check < restUntil[unit];

    /// <summary>A unit is about to be frozen. The first of several that wait together decides what a rollback returns to.</summary>
    public void Freezing(int unit)
    {
        if (Pending.Count == 0) Take();
        lastFreeze = optimizer.StepCount;
        if (!Pending.Contains(unit)) Pending.Add(unit);
    }

    /// <summary>Remembers the present state.</summary>
    public void Take()
    {
        before.Take();
        Step = optimizer.StepCount;
    }

    /// <summary>Why the freezes that wait are to be taken back, given a measurement; null: they are not. Any other measurement that is a number confirms them.</summary>
    public string? Objection(IReadOnlyList<ValidationPoint> earlier, ValidationPoint now, double margin)
    {
        // A measurement at the freeze's own step has seen no frozen step yet.
        if (Pending.Count == 0 || double.IsNaN(now.Value) || now.Step <= lastFreeze) return null;
        ValidationPoint? last = earlier.LastOrDefault(point => point.Name == now.Name && point.Step <= Step && !double.IsNaN(point.Value) && !IsDiscarded(point.Step));
        double sign = now.HigherIsBetter ? 1 : -1;
        if (last is not null && sign * now.Value < (sign * last.Value) - margin)
            return FormattableString.Invariant($"{now.Name} {now.Value:G4} is worse than before the freeze, {last.Value:G4} at step {last.Step}, by more than {margin:G3}");
        Pending.Clear();
        return null;
    }

    /// <summary>Goes back to what was before the freezes; the schedule and the count of steps go on.</summary>
    public void Rollback()
    {
        int step = optimizer.StepCount;
        discarded.Add((Step, step));
        before.Restore();
        optimizer.SeekTo(step);
    }

    /// <summary>The units may not be frozen before this check.</summary>
    public void Rest(IEnumerable<int> thawed, int untilCheck)
    {
        foreach (int unit in thawed) restUntil[unit] = untilCheck;
    }

    public void Save(StateTree state)
    {
        for (int i = 0; i < restUntil.Length; i++) state.Set($"rest{i}", restUntil[i]);
    }

    /// <summary>The snapshot itself is not part of a controller's state: after loading, freezes that waited count as confirmed.</summary>
    public void Load(StateTree state)
    {
        for (int i = 0; i < restUntil.Length; i++) restUntil[i] = (int)state.Integer($"rest{i}");
        Pending.Clear();
    }

    public void Dispose() => before.Dispose();

    /// <summary>Whether what was measured at a step was measured on weights that are gone.</summary>
    private bool IsDiscarded(int step) => discarded.Exists(interval => step > interval.From && step <= interval.To);
}
