using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// The only one that changes anything: flags, rate scales, optimizer state and update masks; and the log of it. What the user set stays: a parameter that is frozen, or has a rate scale or a mask of its own, when the
/// controller starts is pinned, and so is what is changed by hand later.
/// </summary>
internal sealed class Applier(Controlled controlled, IDecisionLog? log)
{
    private readonly List<DecisionEntry> decisions = [];
    private readonly ParameterSettings[][] set = [.. controlled.Units.Select(unit => new ParameterSettings[unit.Parameters.Count])];      // by us, or found
    private readonly List<UnitRate> rates = [];

    /// <summary>Raised after every change of a unit.</summary>
    public event Action<FreezeUnit, DecisionEntry>? Changed;

    /// <summary>Called before a unit is frozen.</summary>
    public Action<FreezeUnit>? Freezing { get; set; }

    public IReadOnlyList<DecisionEntry> Decisions => decisions;

    /// <summary>Pins what the user set.</summary>
    public void Start()
    {
        foreach (FreezeUnit unit in controlled.Units)
        {
            for (int i = 0; i < unit.Parameters.Count; i++)
            {
                ParameterSettings settings = Present(unit.Parameters[i]);
                set[unit.Index][i] = settings;
                unit.SetPin(i, unit.PinOf(i)
                    | (settings.IsFrozen ? ParameterPin.Flag : ParameterPin.None)
                    | (settings.RateScale != 1 ? ParameterPin.Rate : ParameterPin.None)
                    | (settings.Mask is not null ? ParameterPin.Mask : ParameterPin.None), settings.RateScale);
            }
            unit.PinChanged = LogPin;
        }
    }

    /// <summary>Whether something of the unit was changed by hand: asked in every step, before the next change can hide it, it costs a comparison a parameter.</summary>
    public bool IsChangedByHand(FreezeUnit unit)
    {
        ParameterSettings[] here = set[unit.Index];
        for (int i = 0; i < here.Length; i++)
        {
            if (here[i] != Present(unit.Parameters[i])) return true;
        }
        return false;
    }

    /// <summary>What was changed by hand since the last change of ours is the user's from now on.</summary>
    public void NoticeHand(UnitState state)
    {
        FreezeUnit unit = state.Unit;
        for (int i = 0; i < unit.Parameters.Count; i++)
        {
            Parameter parameter = unit.Parameters[i];
            ParameterSettings before = set[unit.Index][i], now = Present(parameter);
            if (before == now) continue;
            set[unit.Index][i] = now;
            if (before.RateScale != now.RateScale) unit.SetPin(i, unit.PinOf(i) | ParameterPin.Rate, now.RateScale);
            if (!ReferenceEquals(before.Mask, now.Mask)) unit.SetPin(i, unit.PinOf(i) | ParameterPin.Mask, now.RateScale);
            // A thaw ends a cut, also by hand.
            if (before.IsFrozen && !now.IsFrozen) unit.CutRate = 0;
            // A unit is frozen or trains as one: a flag changed by hand makes all of it the user's.
            if (before.IsFrozen != now.IsFrozen && (unit.PinOf(i) & ParameterPin.Flag) == 0) unit.Pin();
        }
        // The statistics know no more than the controller would have told them.
        if (unit.IsFrozen != state.IsFrozen) state.FlagChanged(controlled.Step, unit.IsFrozen, isThaw: !unit.IsFrozen);
    }

    /// <summary>Carries out a decision about a unit, but for what is pinned, and logs it where something changed.</summary>
    /// <exception cref="ArgumentException">The decision's masks or rate scale do not fit; nothing was changed.</exception>
    public void Apply(UnitState state, UnitDecision decision, string trigger, double score)
    {
        FreezeUnit unit = state.Unit;
        Check(unit, decision);
        // A trigger between two checks and a replay act on units that nobody has looked at: what is written down below as ours must not hide a hand's change.
        NoticeHand(state);
        bool changes = unit.CanBecome(decision.Frozen), rescales = false, adjusts = false;
        // A unit that trains again passes its gradient on again, unless the decision says otherwise.
        double? cut = decision.CutRate ?? (changes && !decision.Frozen && unit.CutRate > 0 ? 0 : null);
        bool cuts = cut is { } rate && rate != unit.CutRate;
        if (changes && decision.Frozen) Freezing?.Invoke(unit);
        for (int i = 0; i < unit.Parameters.Count; i++)
        {
            Parameter parameter = unit.Parameters[i];
            ParameterPin pin = unit.PinOf(i);
            if (changes && (pin & ParameterPin.Flag) == 0)
            {
                parameter.IsFrozen = decision.Frozen;
                // Before the next step reads it, and a cache keeps what it gives.
                using CostScope booking = controlled.Booking(CostKind.Other);
                controlled.Optimizer.KeepFrozen(parameter);
            }
            if (decision.LearningRateScale is { } scale && (pin & ParameterPin.Rate) == 0)
            {
                rescales |= scale != controlled.Optimizer.RateScaleOf(parameter);
                controlled.Optimizer.SetRateScale(parameter, scale);
            }
            // What the user froze keeps its optimizer state as the optimizer's own policy says.
            if (decision is { Frozen: true, StateAction: { } action } && (pin & ParameterPin.Flag) == 0)
            {
                adjusts |= controlled.Optimizer.IsChangedBy(parameter, action);
                controlled.Optimizer.ApplyState(parameter, action);
            }
            if (decision.UpdateMasks is { } masks && (pin & ParameterPin.Mask) == 0)
            {
                adjusts |= !ReferenceEquals(masks[i], parameter.UpdateMask);
                parameter.UpdateMask = masks[i];
            }
            set[unit.Index][i] = Present(parameter);
        }
        if (cuts) unit.CutRate = cut!.Value;
        adjusts |= cuts;
        if (!changes && !adjusts && !rescales) return;
        if (changes) state.FlagChanged(controlled.Step, unit.IsFrozen, isThaw: !decision.Frozen);
        // A rate that follows a schedule is said once; its values are a line a step for all units together.
        bool continues = !changes && !adjusts && state.FollowsRates;
        if (rescales && (continues || state.FollowsRates)) rates.Add(new UnitRate(unit.Index, decision.LearningRateScale!.Value));
        state.FollowsRates |= rescales;
        if (continues) return;
        FreezeAction what = !changes ? FreezeAction.Adjust : decision.Frozen ? FreezeAction.Freeze : FreezeAction.Thaw;
        Log(Entry(state, what, trigger, decision.Reason, score) with
        {
            RateScale = decision.LearningRateScale,
            CutRate = cuts ? cut : null,
            Price = what == FreezeAction.Freeze ? decision.Price : null,
            StateAction = decision.Frozen ? decision.StateAction : null,
            UpdateMasks = decision.UpdateMasks,
        });
    }

    /// <summary>Thaws those of some units that are frozen and not pinned.</summary>
    public void Thaw(IEnumerable<UnitState> which, string trigger, string reason)
    {
        foreach (UnitState unit in which)
        {
            if (unit.Unit.CanBecome(frozen: false)) Apply(unit, new UnitDecision(false, reason), trigger, double.NaN);
        }
    }

    /// <summary>Whether something was thawed after a step.</summary>
    public bool HasThawed(int since)
    {
        for (int i = decisions.Count - 1; i >= 0 && decisions[i].Step > since; i--)
        {
            if (decisions[i].Action == FreezeAction.Thaw) return true;
        }
        return false;
    }

    /// <summary>Goes back to what was before the freezes. The optimizer's state has rate scales too: the user's stay as they are now, and what became of the others was no hand's.</summary>
    public void Rollback(Guard guard)
    {
        (Parameter Parameter, float Scale)[] pinned =
        [
            .. controlled.Units.SelectMany(unit => unit.Parameters.Where((_, i) => (unit.PinOf(i) & ParameterPin.Rate) != 0)).Select(parameter => (parameter, controlled.Optimizer.RateScaleOf(parameter))),
        ];
        using (controlled.Booking(CostKind.Other)) guard.Rollback();
        foreach ((Parameter parameter, float scale) in pinned) controlled.Optimizer.SetRateScale(parameter, scale);
        foreach (FreezeUnit unit in controlled.Units)
        {
            ParameterSettings[] here = set[unit.Index];
            for (int i = 0; i < here.Length; i++) here[i] = here[i] with { RateScale = controlled.Optimizer.RateScaleOf(unit.Parameters[i]) };
        }
    }

    /// <summary>Writes the rates of a step down.</summary>
    public void RatesDone()
    {
        if (rates.Count == 0) return;
        log?.Rates(controlled.Step, rates);
        rates.Clear();
    }

    public DecisionEntry Entry(UnitState state, FreezeAction action, string trigger, string? reason, double score) =>
        new(controlled.Step, state.Unit.Index, state.Unit.Path, action, trigger, reason, controlled.Optimizer.LearningRate, score, state.History.All.Count == 0 ? null : state.History.All[^1]);

    public DecisionEntry OfAll(FreezeAction action, string trigger, string? reason) => new(controlled.Step, -1, "(all)", action, trigger, reason, controlled.Optimizer.LearningRate, double.NaN, null);

    public void Log(DecisionEntry entry)
    {
        decisions.Add(entry);
        log?.Write(entry);
        if (entry.Unit >= 0 && entry.Action is FreezeAction.Freeze or FreezeAction.Thaw or FreezeAction.Adjust) Changed?.Invoke(controlled.Units[entry.Unit], entry);
    }

    public void Save(StateTree state)
    {
        state.Set("count", decisions.Count);
        for (int i = 0; i < decisions.Count; i++) DecisionState.Save(decisions[i], state.Branch($"{i}"));
    }

    /// <summary>Reads what was decided until then; what it returns takes it over, once the units have their flags.</summary>
    public Action Read(StateTree state)
    {
        int count = state.Int32("count");
        var earlier = new List<DecisionEntry>();
        for (int i = 0; i < count; i++) earlier.Add(DecisionState.Read(state.Branch($"{i}"), controlled.Units));
        return () =>
        {
            foreach (FreezeUnit unit in controlled.Units)
            {
                for (int i = 0; i < unit.Parameters.Count; i++) set[unit.Index][i] = Present(unit.Parameters[i]);
            }
            decisions.Clear();
            decisions.AddRange(earlier);
            rates.Clear();
        };
    }

    /// <summary>Finds out whether a decision can be carried out.</summary>
    public static void Check(FreezeUnit unit, UnitDecision decision)
    {
        if (decision.LearningRateScale is { } scale && (!(scale >= 0) || !float.IsFinite(scale)))
            throw new ArgumentException(FormattableString.Invariant($"Freezing: the rate scale of unit '{unit.Path}' must be 0 or positive and finite, found {scale}."));
        if (decision.CutRate is { } cut)
        {
            if (cut is not (>= 0 and <= 1)) throw new ArgumentException(FormattableString.Invariant($"Freezing: unit '{unit.Path}' is cut in a part of the steps in [0, 1], found {cut}."));
            if (cut > 0 && !unit.CanCut) throw new ArgumentException($"Freezing: unit '{unit.Path}' cannot be cut: no residual sum leads around it.");
        }
        if (decision.UpdateMasks is not { } masks) return;
        if (masks.Count != unit.Parameters.Count) throw new ArgumentException($"Freezing: unit '{unit.Path}' has {unit.Parameters.Count} parameters, the rule gave {masks.Count} update masks.");
        for (int i = 0; i < masks.Count; i++) masks[i]?.Check(unit.Parameters[i].Path, unit.Parameters[i].Shape);
    }

    private void LogPin(FreezeUnit unit, bool isPinned) =>
        Log(new DecisionEntry(
            controlled.Step, unit.Index, unit.Path, isPinned ? FreezeAction.Pin : FreezeAction.Unpin, "hand", isPinned ? $"it stays {(unit.IsFrozen ? "frozen" : "in training")}" : "rules decide again",
            controlled.Optimizer.LearningRate, double.NaN, null));

    private ParameterSettings Present(Parameter parameter) => new(parameter.IsFrozen, controlled.Optimizer.RateScaleOf(parameter), parameter.UpdateMask);

    private readonly record struct ParameterSettings(bool IsFrozen, float RateScale, UpdateMask? Mask);
}
