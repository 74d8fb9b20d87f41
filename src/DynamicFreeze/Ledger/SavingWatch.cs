using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Holds each change of what is frozen to its promise: predicts a step's time from the time before and the ledger's full steps, and measures it afterwards. Times are the clock's: a run that is repeated or goes on elsewhere has its
/// own, and nothing is decided by them. Steps that are repeated as recorded are compared with such, those that the code takes with those; one that is recorded, or for which a kernel is compiled, is like no other and left out.
/// </summary>
internal sealed class SavingWatch(Controlled controlled, FreezeLedger ledger)
{
    private readonly List<StepSaving> done = [];
    private readonly StepTimes times = new();
    private readonly State[] states = new State[controlled.Units.Count];
    private readonly double[] fullStepSeconds = [double.NaN, double.NaN];
    private double[] before = [double.NaN, double.NaN];      // by way, of the steps before the last change
    private StepSaving? current;                             // the last change, with one second before it, and its errors in place of an interval
    private int compiled;
    private double secondsBefore;
    private double fullSeconds;
    private bool isStarted;

    private enum State
    {
        Trains,
        Frozen,
        Cut,
    }

    /// <summary>All changes so far, the last one with what was measured until now. What is frozen before the first step is none: there is no time before it.</summary>
    public IReadOnlyList<StepSaving> All => current is null ? [.. done] : [.. done, Measured(current)];

    /// <summary>Seconds of a step with nothing frozen, of a repeated one where there are such: the mean of the later half of those taken, since the first ones compile; NaN: fewer than four were.</summary>
    public double FullStepSeconds => StepTimes.Ways.Select(FullStep).FirstOrDefault(double.IsFinite, double.NaN);

    /// <summary>Seconds that the steps taken would have taken with nothing frozen; NaN where a full step's were never measured. One that no full step is like counts as it was: nothing is said to be saved in it.</summary>
    public double FullSeconds => fullSeconds;

    /// <summary>What a change has cost beside its steps: the mean of what the steps after each that were left out (<see cref="StepTimes.Beside"/>) took more than those after them; 0 before one was measured.</summary>
    public double ChangeSeconds { get; private set; }

    /// <summary>What a step is predicted to take after a change, by the time now. NaN where it cannot be said.</summary>
    /// <param name="decision">What is frozen then.</param>
    public (double Before, double Promised, double Low, double High) Predict(FreezeDecision decision)
    {
        State[] after = [.. decision.Units.Select(unit => !unit.Frozen ? State.Trains : unit.CutRate >= 1 ? State.Cut : State.Frozen)];
        return Predict(times.Coming is { } way ? Time(way) : double.NaN, states, after);
    }

    /// <summary>A step was taken.</summary>
    public void StepDone(StepWay way)
    {
        double seconds = ledger.Seconds - secondsBefore;
        secondsBefore = ledger.Seconds;
        if (controlled.Device.CompiledKernels is var now && now != compiled) (way, compiled) = (StepWay.Aside, now);
        // Where nothing like it was measured with nothing frozen.
        bool isUnlike = way == StepWay.Aside || (double.IsNaN(FullStep(way)) && double.IsFinite(FullStepSeconds));
        fullSeconds += IsFull || (isUnlike && double.IsFinite(FullStepSeconds)) ? seconds : way == StepWay.Aside ? double.NaN : FullStep(way);
        times.Add(way, seconds);
    }

    /// <summary>What comes next may be cut or frozen otherwise.</summary>
    public void NextStep()
    {
        // Drawn cuts come and go: what a decision made of them is a state of its own.
        if (!isStarted)
        {
            for (int i = 0; i < states.Length; i++) states[i] = Of(controlled.Units[i]);
            // What probes and trials have compiled before the first step is none of its.
            compiled = controlled.Device.CompiledKernels;
            isStarted = true;
            return;
        }
        bool changes = false;
        for (int i = 0; i < states.Length; i++) changes |= states[i] != Of(controlled.Units[i]);
        if (changes) Change();
    }

    public void Save(StateTree state)
    {
        StepSaving[] all = current is null ? [.. done] : [.. done, current];
        state.Set("count", all.Length);
        state.Set("isOpen", current is not null);
        for (int i = 0; i < all.Length; i++)
        {
            StateTree branch = state.Branch($"{i}");
            branch.Set("changed", all[i].Changed);
            branch.Set("numbers", [all[i].Step, all[i].Before, all[i].Promised, all[i].Low, all[i].High, all[i].Found, all[i].Steps]);
            branch.Set("repeated", all[i].IsRepeated);
        }
        state.Set("before", before);
        state.Set("change", ChangeSeconds);
        if (!double.IsNaN(fullSeconds)) state.Set("full", fullSeconds);
        state.Set("fullStep", [FullStep(StepWay.Plain), FullStep(StepWay.Repeated)]);
        times.Save(state.Branch("since"));
    }

    /// <summary>Reads and checks; what it returns takes it over, once the units have their flags.</summary>
    public Action Read(StateTree state)
    {
        int count = state.Int32("count");
        var all = new List<StepSaving>();
        for (int i = 0; i < count; i++)
        {
            StateTree branch = state.Branch($"{i}");
            double[] numbers = branch.Reals("numbers", 7);
            all.Add(new StepSaving((int)numbers[0], branch.Text("changed"), numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], (int)numbers[6]) { IsRepeated = branch.Flag("repeated") });
        }
        bool isOpen = state.Flag("isOpen") && count > 0;
        double whole = state.Contains("full") ? state.Real("full", 0, double.MaxValue) : double.NaN, change = state.Real("change", 0, double.MaxValue);
        double[] full = state.Reals("fullStep", 2), earlier = state.Reals("before", 2);
        Action taken = times.Read(state.Branch("since"));
        return () =>
        {
            taken();
            done.Clear();
            done.AddRange(isOpen ? all.SkipLast(1) : all);
            current = isOpen ? all[^1] : null;
            full.CopyTo(fullStepSeconds, 0);
            (before, ChangeSeconds, fullSeconds, secondsBefore, compiled, isStarted) = (earlier, change, whole, ledger.Seconds, controlled.Device.CompiledKernels, true);
            for (int i = 0; i < states.Length; i++) states[i] = Of(controlled.Units[i]);
        };
    }

    // What the user froze is part of full training.
    private bool IsFull => states.Index().All(unit => unit.Item == State.Trains || controlled.Units[unit.Index].IsPinned);

    private static State Of(FreezeUnit unit) => !unit.IsFrozen ? State.Trains : unit.CutRate >= 1 ? State.Cut : State.Frozen;

    private double FullStep(StepWay way) => IsFull && double.IsFinite(times.Settled(way)) ? times.Settled(way) : fullStepSeconds[(int)way];

    private void Change()
    {
        foreach (StepWay way in StepTimes.Ways) fullStepSeconds[(int)way] = FullStep(way);
        if (current is not null)
        {
            StepSaving found = Measured(current);
            done.Add(found);
            if (double.IsFinite(found.Found)) ChangeSeconds += (times.Beside(found.IsRepeated ? StepWay.Repeated : StepWay.Plain, found.Found) - ChangeSeconds) / done.Count;
        }
        string changed = InWords();
        State[] after = [.. controlled.Units.Select(Of)];
        double promised = Cost(after) / Cost(states);
        (double low, double high) = Errors();
        after.CopyTo(states, 0);
        before = [Time(StepWay.Plain), Time(StepWay.Repeated)];
        current = new StepSaving(controlled.Step, changed, 1, promised, low, high, double.NaN, 0);
        times.Clear();
    }

    /// <summary>A change with the times on both sides of it of one way; where none was measured on both, with what there is of one, and NaN for the other.</summary>
    private StepSaving Measured(StepSaving change)
    {
        bool isUnknown = before.All(double.IsNaN);
        StepWay way = Of(each => (isUnknown || double.IsFinite(before[(int)each])) && double.IsFinite(Time(each))) ?? Of(each => double.IsFinite(before[(int)each])) ?? StepWay.Plain;
        double then = before[(int)way], promised = then * change.Promised;
        return change with { Before = then, Promised = promised, Low = promised * change.Low, High = promised * change.High, Found = Time(way), Steps = times.Steps, IsRepeated = way == StepWay.Repeated };

        static StepWay? Of(Func<StepWay, bool> fits)
        {
            foreach (StepWay each in StepTimes.Ways)
            {
                if (fits(each)) return each;
            }
            return null;
        }
    }

    private (double Before, double Promised, double Low, double High) Predict(double before, State[] now, State[] after)
    {
        double promised = before * (Cost(after) / Cost(now));
        (double low, double high) = Errors();
        return (before, promised, promised * low, promised * high);
    }

    /// <summary>The least and the greatest of what was found over what was promised, until now; NaN: there are not two.</summary>
    private (double Low, double High) Errors()
    {
        double[] errors = [.. controlled.Options.Calibration, .. done.Select(saving => saving.Found / saving.Promised).Where(double.IsFinite)];
        return errors.Length > 1 ? (errors.Min(), errors.Max()) : (double.NaN, double.NaN);
    }

    private double Time(StepWay way) => times.Of(way, controlled.Device.IsSynchronous);

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
