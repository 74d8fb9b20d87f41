using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Holds each change of what is frozen to its promise: predicts a step's time from the time before and the ledger's full steps, and measures it afterwards. Times are the clock's: a run that is repeated or goes on elsewhere has its
/// own, and nothing is decided by them.
/// </summary>
internal sealed class SavingWatch(Controlled controlled, FreezeLedger ledger)
{
    // As many as a median needs; a long run keeps the last.
    private const int MostTimes = 500;

    // The first step after a change packs weights anew and rents other memory.
    private const int LeftOut = 1;

    private readonly List<StepSaving> done = [];
    private readonly List<double> times = [];
    private readonly State[] states = new State[controlled.Units.Count];
    private StepSaving? current;
    private int steps;
    private double firstSeconds;
    private double secondsBefore;
    private double fullSeconds;
    private double fullStepSeconds = double.NaN;
    private bool isStarted;

    private enum State
    {
        Trains,
        Frozen,
        Cut,
    }

    /// <summary>All changes so far, the last one with what was measured until now. What is frozen before the first step is none: there is no time before it.</summary>
    public IReadOnlyList<StepSaving> All => current is null ? [.. done] : [.. done, current with { Found = Time(), Steps = steps }];

    /// <summary>Seconds of a step with nothing frozen: the mean of the later half of those taken, since the first ones compile; NaN: fewer than four were.</summary>
    public double FullStepSeconds => IsFull && times.Count >= 4 ? times.Skip(times.Count / 2).Average() : fullStepSeconds;

    /// <summary>Seconds that the steps taken would have taken with nothing frozen; NaN where a full step's were never measured.</summary>
    public double FullSeconds => fullSeconds;

    /// <summary>What a change has cost beside its steps: the mean of what the first step after each took more than those after it; 0 before one was measured.</summary>
    public double ChangeSeconds { get; private set; }

    /// <summary>What a step is predicted to take after a change, by the time now. NaN where it cannot be said.</summary>
    /// <param name="decision">What is frozen then.</param>
    public (double Before, double Promised, double Low, double High) Predict(FreezeDecision decision)
    {
        State[] after = [.. decision.Units.Select(unit => !unit.Frozen ? State.Trains : unit.CutRate >= 1 ? State.Cut : State.Frozen)];
        return Predict(Time(), states, after);
    }

    /// <summary>A step was taken.</summary>
    public void StepDone()
    {
        double seconds = ledger.Seconds - secondsBefore;
        secondsBefore = ledger.Seconds;
        fullSeconds += IsFull ? seconds : fullStepSeconds;
        if (++steps <= LeftOut)
        {
            firstSeconds = seconds;
            return;
        }
        if (times.Count == MostTimes) times.RemoveAt(0);
        times.Add(seconds);
    }

    /// <summary>What comes next may be cut or frozen otherwise.</summary>
    public void NextStep()
    {
        // Drawn cuts come and go: what a decision made of them is a state of its own.
        if (!isStarted)
        {
            for (int i = 0; i < states.Length; i++) states[i] = Of(controlled.Units[i]);
            isStarted = true;
            return;
        }
        bool changes = false;
        for (int i = 0; i < states.Length; i++) changes |= states[i] != Of(controlled.Units[i]);
        if (changes) Change();
    }

    public void Save(StateTree state)
    {
        StepSaving[] all = [.. All];
        state.Set("count", all.Length);
        for (int i = 0; i < all.Length; i++)
        {
            StateTree branch = state.Branch($"{i}");
            branch.Set("changed", all[i].Changed);
            branch.Set("numbers", [all[i].Step, all[i].Before, all[i].Promised, all[i].Low, all[i].High, all[i].Found, all[i].Steps]);
        }
        state.Set("change", [ChangeSeconds, firstSeconds]);
        if (!double.IsNaN(fullSeconds)) state.Set("full", fullSeconds);
        if (!double.IsNaN(FullStepSeconds)) state.Set("fullStep", FullStepSeconds);
        state.Set("steps", steps);
        state.Set("measured", times.Count);
        if (times.Count > 0) state.Set("times", [.. times]);
    }

    /// <summary>Reads and checks; what it returns takes it over, once the units have their flags.</summary>
    public Action Read(StateTree state)
    {
        int count = state.Int32("count"), taken = state.Int32("steps");
        var all = new List<StepSaving>();
        for (int i = 0; i < count; i++)
        {
            StateTree branch = state.Branch($"{i}");
            double[] numbers = branch.Reals("numbers", 7);
            all.Add(new StepSaving((int)numbers[0], branch.Text("changed"), numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], (int)numbers[6]));
        }
        double full = state.Contains("fullStep") ? state.Real("fullStep", 0, double.MaxValue) : double.NaN;
        double whole = state.Contains("full") ? state.Real("full", 0, double.MaxValue) : double.NaN;
        double[] change = state.Contains("change") ? state.Reals("change", 2) : [0, 0];
        int measured = state.Int32("measured");
        double[] seconds = measured == 0 ? [] : state.Reals("times", measured);
        return () =>
        {
            done.Clear();
            done.AddRange(all.SkipLast(1));
            current = all.Count == 0 ? null : all[^1];
            times.Clear();
            times.AddRange(seconds);
            (ChangeSeconds, firstSeconds, fullSeconds) = (change[0], change[1], whole);
            (steps, secondsBefore, fullStepSeconds, isStarted) = (taken, ledger.Seconds, full, true);
            for (int i = 0; i < states.Length; i++) states[i] = Of(controlled.Units[i]);
        };
    }

    // What the user froze is part of full training.
    private bool IsFull => states.Index().All(unit => unit.Item == State.Trains || controlled.Units[unit.Index].IsPinned);

    private static State Of(FreezeUnit unit) => !unit.IsFrozen ? State.Trains : unit.CutRate >= 1 ? State.Cut : State.Frozen;

    private void Change()
    {
        fullStepSeconds = FullStepSeconds;
        double before = Time();
        if (current is not null)
        {
            done.Add(current with { Found = before, Steps = steps });
            if (!double.IsNaN(before)) ChangeSeconds += (Math.Max(0, firstSeconds - before) - ChangeSeconds) / done.Count;
        }
        string changed = InWords();
        State[] after = [.. controlled.Units.Select(Of)];
        (_, double promised, double low, double high) = Predict(before, states, after);
        after.CopyTo(states, 0);
        current = new StepSaving(controlled.Step, changed, before, promised, low, high, double.NaN, 0);
        times.Clear();
        steps = 0;
    }

    private (double Before, double Promised, double Low, double High) Predict(double before, State[] now, State[] after)
    {
        double promised = before * (Cost(after) / Cost(now));
        double[] errors = [.. controlled.Options.Calibration, .. done.Select(saving => saving.Found / saving.Promised).Where(double.IsFinite)];
        return errors.Length > 1 ? (before, promised, promised * errors.Min(), promised * errors.Max()) : (before, promised, double.NaN, double.NaN);
    }

    private double Time()
    {
        if (times.Count == 0) return double.NaN;
        if (!controlled.Device.IsSynchronous) return times.Average();
        double[] sorted = [.. times.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>What a step costs: the roofline's seconds, or operations where the machine's rates are unknown. NaN before a full step was seen.</summary>
    private double Cost(State[] of)
    {
        double seconds = 0, operations = 0;
        bool trainsUpstream = false;
        for (int i = 0; i < of.Length; i++)
        {
            Add(CostKind.Forward);
            // A cut unit passes nothing on; the sum around it does.
            if (trainsUpstream && of[i] != State.Cut) Add(CostKind.InputGradient);
            if (of[i] != State.Trains) continue;
            Add(CostKind.WeightGradient);
            Add(CostKind.Optimizer);
            trainsUpstream = true;

            void Add(CostKind kind)
            {
                Cost cost = ledger.FullStep(i, kind);
                seconds += cost.BoundSeconds;
                operations += cost.Flops;
            }
        }
        double found = seconds > 0 ? seconds : operations;
        return found > 0 ? found : double.NaN;
    }

    private string InWords()
    {
        string[] parts =
        [
            .. Named(State.Frozen, "frozen"), .. Named(State.Cut, "frozen and cut"), .. Named(State.Trains, "thawed"),
        ];
        return string.Join("; ", parts);

        IEnumerable<string> Named(State state, string word)
        {
            string[] paths = [.. controlled.Units.Where((unit, i) => Of(unit) == state && states[i] != state).Select(unit => unit.Path)];
            if (paths.Length > 0) yield return $"{(paths.Length > 4 ? $"{paths[0]} and {paths.Length - 1} more" : string.Join(", ", paths))} {word}";
        }
    }
}
