using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Keeps what was before the freezes that no validation measurement has confirmed yet.</summary>
internal sealed class Guard(Controlled controlled) : IDisposable
{
    private readonly TrainingSnapshot before = new(controlled.Model, controlled.Optimizer);
    private readonly int[] heldUntil = new int[controlled.Units.Count];
    private readonly List<(int From, int To)> discarded = [];
    private readonly List<int> pending = [];
    private int lastFreeze;

    /// <summary>Checks so far: units that it thawed are held back for some.</summary>
    public int Checks { get; set; }

    /// <summary>The units whose freeze waits to be confirmed.</summary>
    public IReadOnlyList<int> Pending => pending;

    /// <summary>The step to which a rollback would return.</summary>
    public int Step { get; private set; }

    /// <summary>Whether there is a state to return to, of this step.</summary>
    public bool HasTaken(int step) => before.IsTaken && Step == step;

    /// <summary>Whether a unit may not be frozen again yet.</summary>
    public bool HoldsBack(int unit) => Checks < heldUntil[unit];

    /// <summary>A unit is about to be frozen. The first of several that wait together decides what a rollback returns to.</summary>
    public void Freezing(int unit)
    {
        if (pending.Count == 0) Take();
        lastFreeze = controlled.Step;
        if (!pending.Contains(unit)) pending.Add(unit);
    }

    /// <summary>There is nothing left to take back.</summary>
    public void Thawed(int unit) => pending.Remove(unit);

    /// <summary>Remembers the present state.</summary>
    public void Take()
    {
        before.Take();
        Step = controlled.Step;
    }

    /// <summary>Why the freezes that wait are to be taken back, given a measurement and those before it whose weights are not gone; null: they are not. Any other measurement that is a number confirms them.</summary>
    public string? Objection(IReadOnlyList<ValidationPoint> earlier, ValidationPoint now, double margin)
    {
        // A measurement at the freeze's own step has seen no frozen step yet.
        if (margin == 0 || pending.Count == 0 || double.IsNaN(now.Value) || now.Step <= lastFreeze) return null;
        ValidationPoint? last = earlier.LastOrDefault(point => point.Name == now.Name && point.Step <= Step && !double.IsNaN(point.Value));
        double sign = now.HigherIsBetter ? 1 : -1, fall = OwnFall.Of(earlier, now.Name);
        if (last is not null && sign * now.Value < (sign * last.Value) - now.Allowed(last.Value, margin, fall))
            return FormattableString.Invariant($"{now.Name} {now.Value:G4} is worse than before the freeze, {last.Value:G4} at step {last.Step}, by more than {now.Words(last.Value, margin, fall)}");
        pending.Clear();
        return null;
    }

    /// <summary>Goes back to what was before the freezes; the schedule and the count of steps go on.</summary>
    public void Rollback()
    {
        int step = controlled.Step;
        discarded.Add((Step, step));
        before.Restore();
        controlled.Optimizer.SeekTo(step);
        pending.Clear();
    }

    /// <summary>The units that wait may not be frozen again for some checks.</summary>
    public void HoldBack(int checks)
    {
        foreach (int unit in pending) heldUntil[unit] = Checks + checks;
    }

    /// <summary>Whether what was measured at a step was measured on weights that are gone.</summary>
    public bool IsDiscarded(int step) => discarded.Exists(interval => step > interval.From && step <= interval.To);

    public void Save(StateTree state)
    {
        state.Set("checks", Checks);
        state.Set("heldUntil", Array.ConvertAll(heldUntil, check => (long)check));
        state.Set("discards", discarded.Count);
        state.Set("discarded", [.. discarded.SelectMany(interval => new long[] { interval.From, interval.To })]);
        state.Set("pending", [.. Enumerable.Range(0, heldUntil.Length).Select(unit => (long)pending.IndexOf(unit))]);
        state.Set("lastFreeze", lastFreeze);
        state.Set("step", Step);
        state.Set("taken", before.IsTaken);
        before.SaveState(state.Branch("before"));
    }

    public Action Read(StateTree state)
    {
        int checks = state.Int32("checks"), freeze = state.Int32("lastFreeze"), step = state.Int32("step"), units = heldUntil.Length;
        long[] held = state.Integers("heldUntil", units, 0, int.MaxValue), steps = state.Integers("discarded", 2 * state.Int32("discards", 0, int.MaxValue / 2), 0, int.MaxValue);
        long[] places = state.Integers("pending", units, -1, units - 1);
        Action? taken = state.Flag("taken") ? before.ReadState(state.Branch("before")) : null;
        return () =>
        {
            (Checks, lastFreeze, Step) = (checks, freeze, step);
            for (int i = 0; i < units; i++) heldUntil[i] = (int)held[i];
            discarded.Clear();
            for (int i = 0; i < steps.Length; i += 2) discarded.Add(((int)steps[i], (int)steps[i + 1]));
            pending.Clear();
            pending.AddRange(Enumerable.Range(0, units).Where(unit => places[unit] >= 0).OrderBy(unit => places[unit]));
            if (taken is null) before.Forget();
            else taken();
        };
    }

    public void Dispose() => before.Dispose();
}
