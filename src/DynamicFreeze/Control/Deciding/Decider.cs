using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Decides: asks the rule, and takes out of its answer what pins, heads, the guard and the limits do not allow. It changes nothing but its own state.</summary>
internal sealed class Decider
{
    private const string CannotPay = "it cannot pay";

    private readonly Controlled controlled;
    private readonly ICriterion criterion;
    private readonly IFreezeRule rule;
    private readonly ulong seed;
    private readonly RandomStream random;
    private readonly FreezeLedger ledger;
    private readonly SavingWatch savings;
    private IRuleRun? run;
    private SharedCosts? shared;      // the first rank's, at this check

    public Decider(Controlled controlled, ICriterion criterion, IFreezeRule rule, ulong seed, FreezeLedger ledger, SavingWatch savings)
    {
        this.controlled = controlled;
        this.criterion = criterion;
        this.rule = rule;
        this.seed = seed;
        (this.ledger, this.savings) = (ledger, savings);
        random = Stream();
    }

    /// <summary>Checks so far.</summary>
    public int Checks { get; private set; }

    /// <summary>The step of the next check.</summary>
    public int NextCheck { get; private set; }

    /// <summary>Whether the rule said that training may stop.</summary>
    public bool ShouldStop { get; private set; }

    /// <summary>What was observed on validation data.</summary>
    public List<ValidationPoint> Validation { get; } = [];

    /// <summary>What the run has cost so far.</summary>
    public RunSpending Spent => new(ledger.Steps, ledger.Done().Flops, ledger.IsFullKnown ? ledger.Full().Flops : double.NaN, ledger.Seconds, savings.FullSeconds, savings.FullStepSeconds);

    public void Start()
    {
        run = rule.Start();
        NextCheck = controlled.Step + controlled.Options.CheckEvery;
    }

    /// <summary>A check is made now; the next one is as configured, unless the rule says otherwise.</summary>
    public void BeginCheck()
    {
        Checks++;
        NextCheck = controlled.Step + controlled.Options.CheckEvery;
    }

    /// <summary>What the rule is shown, on all ranks the same.</summary>
    public CheckContext Show(UnitState[] units)
    {
        shared = controlled.Communicator is { } ranks ? SharedCosts.Exchange(ranks, ledger, controlled.Units.Count, Spent) : null;
        return Show(units, random);
    }

    /// <summary>The rule's answer, with what is not allowed taken out, and the refusals that were not said before.</summary>
    public FreezeDecision Decide(CheckContext context, UnitState[] units, Guard guard, List<(UnitState Unit, string Reason)> refusals)
    {
        FreezeDecision decision = Asked(context, units);
        var limits = new Limits(controlled.Options, units, decision);
        UnitState[] saidUnpaid = controlled.Options.Paying ? [.. units.Where(unit => unit.Refused?.StartsWith(CannotPay, StringComparison.Ordinal) == true)] : [];
        foreach (UnitState unit in units)
        {
            string? objection = Objection(unit.Unit, decision, guard, limits);
            if (objection is not null) decision.Set(unit.Unit.Index, decision.Units[unit.Unit.Index] with { Frozen = unit.Unit.IsFrozen, StateAction = null, CutRate = null });
            if (decision.Units[unit.Unit.Index] is { CutRate: > 0 } && (unit.Unit.IsHead || unit.Unit.IsPinned))
            {
                objection ??= unit.Unit.IsHead ? "the head is never cut" : "it is pinned";
                decision.Set(unit.Unit.Index, decision.Units[unit.Unit.Index] with { CutRate = null });
            }
            // Said once: a rule asks again at every check.
            if (objection is not null && unit.Refused != objection) refusals.Add((unit, objection));
            unit.Refused = objection;
        }
        if (controlled.Options.Paying && Unpaid(decision) is { } unpaid)
        {
            foreach (UnitState unit in units)
            {
                if (unit.Unit.IsFrozen || !decision.Units[unit.Unit.Index].Frozen) continue;
                decision.Set(unit.Unit.Index, decision.Units[unit.Unit.Index] with { Frozen = false, StateAction = null, CutRate = null });
                // Said once, although the numbers move.
                if (!saidUnpaid.Contains(unit)) refusals.Add((unit, unpaid));
                unit.Refused = unpaid;
            }
        }
        if (decision.NextCheck is { } next) NextCheck = next;
        return decision;
    }

    /// <summary>Why what is newly frozen cannot pay; null: it can, or it cannot be said.</summary>
    private string? Unpaid(FreezeDecision decision)
    {
        if (!controlled.Units.Any(unit => !unit.IsFrozen && decision.Units[unit.Index].Frozen)) return null;
        (double before, double promised, _, double high) = savings.Predict(decision);
        double worst = double.IsNaN(high) ? promised : high;
        int left = Math.Max(0, controlled.Options.RunSteps - controlled.Step);
        // What thaws at the same check may make steps dearer: it is the whole change that pays.
        return (before - worst) * left > savings.ChangeSeconds || double.IsNaN(worst)
            ? null
            : FormattableString.Invariant($"{CannotPay}: a step of {1e3 * before:0.00} ms would take {1e3 * promised:0.00} ms{(double.IsNaN(high) ? "" : FormattableString.Invariant($", at worst {1e3 * high:0.00}"))}, {left} steps are left, and a change costs {1e3 * savings.ChangeSeconds:0.00} ms");
    }

    /// <summary>Takes over whether training may stop; true: the rule says so for the first time.</summary>
    public bool Stops(FreezeDecision decision)
    {
        bool isNew = decision.Stop && !ShouldStop;
        ShouldStop = decision.Stop;
        return isNew;
    }

    /// <summary>A recorded run stopped here.</summary>
    public void Stop() => ShouldStop = true;

    /// <summary>Asks a rule that has just been started, and a random stream of its own, before the first step: what is wrong with the settings is thrown, and nothing has happened.</summary>
    public void Try(UnitState[] units)
    {
        FreezeDecision decision = rule.Start().Decide(Show(units, Stream()));
        foreach (UnitState unit in units) Applier.Check(unit.Unit, decision.Units[unit.Unit.Index]);
    }

    /// <summary>See <see cref="ShortRun"/>.</summary>
    public string? TooShort(UnitState[] units) => ShortRun.Warning(rule, Show(units, Stream()), controlled.Options);

    public void Save(StateTree state)
    {
        state.Set("nextCheck", NextCheck);
        state.Set("checks", Checks);
        state.Set("stop", ShouldStop);
        state.Set("random", random.Position);
        run!.SaveState(state.Branch("rule"));
        StateTree measurements = state.Branch("validation");
        measurements.Set("count", Validation.Count);
        for (int i = 0; i < Validation.Count; i++)
        {
            ValidationPoint point = Validation[i];
            StateTree branch = measurements.Branch($"{i}");
            branch.Set("name", point.Name);
            branch.Set("step", point.Step);
            branch.Set("value", point.Value);
            branch.Set("higherIsBetter", point.HigherIsBetter);
            branch.Set("withFrozen", point.WithFrozen);
            if (point.Margin is { } margin) branch.Set("margin", margin);
        }
    }

    public Action Read(StateTree state)
    {
        (int nextCheck, int checks, bool stops, ulong position) = (state.Int32("nextCheck"), state.Int32("checks"), state.Flag("stop"), state.Unsigned("random"));
        Action rules = run!.ReadState(state.Branch("rule"));
        StateTree measurements = state.Branch("validation");
        var points = new List<ValidationPoint>();
        for (int i = measurements.Int32("count") - 1; i >= 0; i--)
        {
            StateTree branch = measurements.Branch($"{i}");
            points.Add(new ValidationPoint(branch.Int32("step"), branch.Text("name"), branch.Real("value"), branch.Flag("higherIsBetter"))
            {
                Margin = branch.Contains("margin") ? branch.Real("margin") : null,
                WithFrozen = branch.Flag("withFrozen"),
            });
        }
        points.Reverse();
        return () =>
        {
            rules();
            (NextCheck, Checks, ShouldStop, random.Position) = (nextCheck, checks, stops, position);
            Validation.Clear();
            Validation.AddRange(points);
        };
    }

    private RandomStream Stream() => new(seed, $"rule/{rule.Name}");

    private static string? Objection(FreezeUnit unit, FreezeDecision decision, Guard guard, Limits limits)
    {
        if (!decision.Units[unit.Index].Frozen || !unit.CanBecome(frozen: true)) return decision.Units[unit.Index].Frozen && !unit.IsFrozen ? "it is pinned" : null;
        return unit.IsHead ? "the head is never frozen"
            : guard.HoldsBack(unit.Index) ? "the guard took its last freeze back"
            : limits.Objection();
    }

    private CheckContext Show(UnitState[] units, RandomStream stream) => new([.. units.Select(ViewOf)], controlled.Step, controlled.Optimizer.LearningRate, Validation, stream)
    {
        RunSteps = controlled.Options.RunSteps,
        EpochSteps = controlled.Options.EpochSteps,
        NextCheck = AskedNext(),
        IsCached = controlled.Options.IsCached,
        LossScale = LossScale(),
        RateAt = step => step > controlled.Step && controlled.Optimizer.Schedule.FollowsMeasurements ? double.NaN : controlled.Optimizer.Schedule.Rate(step),
        Spent = () => shared?.Spent ?? Spent,
    };

    /// <summary>The last validation loss, where losses count as parts of it; of one that is not finite there are no parts.</summary>
    private double LossScale() =>
        !controlled.Options.RelativeLoss ? 1 : Validation.LastOrDefault(point => point.Name == FreezeOptions.LossName) is { } point && double.IsFinite(point.Value) ? Math.Abs(point.Value) : double.NaN;

    /// <summary>The first check behind this one at which the rule is asked.</summary>
    private int AskedNext()
    {
        int next = controlled.Step + controlled.Options.CheckEvery;
        return next > controlled.Options.WarmUpSteps ? next : next + (((controlled.Options.WarmUpSteps - next) / controlled.Options.CheckEvery) + 1) * controlled.Options.CheckEvery;
    }

    private FreezeDecision Asked(CheckContext context, UnitState[] units)
    {
        try
        {
            FreezeDecision decision = run!.Decide(context);
            foreach (UnitState unit in units) Applier.Check(unit.Unit, decision.Units[unit.Unit.Index]);
            return decision;
        }
        catch (Exception exception) when (PartFailure.Note(exception, $"rule '{rule.Name}'", controlled.Step))
        {
            throw;
        }
    }

    private (double Score, double Price, string Explanation) Scored(UnitState state)
    {
        try
        {
            return (criterion.Score(state.History), criterion.Price(state.History), criterion.Explain(state.History));
        }
        catch (Exception exception) when (PartFailure.Note(exception, $"criterion '{criterion.Name}'", controlled.Step, state.Unit.Path))
        {
            throw;
        }
    }

    private UnitView ViewOf(UnitState state)
    {
        FreezeUnit unit = state.Unit;
        (double score, double price, string explanation) = state.History.All.Count == 0 ? (double.NaN, double.NaN, "not observed yet") : Scored(state);
        return new UnitView(
            unit.Index, unit.Path, state.History, score, explanation, unit.IsFrozen, controlled.Step - state.LastObserved, state.Thaws, unit.IsHead, kind => shared?.FullStep(unit.Index, kind) ?? ledger.FullStep(unit.Index, kind))
        {
            Price = price,
            IsEmbedding = unit.IsEmbedding,
            IsPinned = unit.IsPinned,
            CanCut = unit.CanCut,
            CutRate = unit.CutRate,
            FrozenFor = unit.IsFrozen ? controlled.Step - state.FrozenAt : 0,
            KeptBytes = shared?.FullStepKept(unit.Index) ?? ledger.FullStepKept(unit.Index),
            SharedBytes = shared?.FullStepShared(unit.Index) ?? ledger.FullStepShared(unit.Index),
            TrainingBytes = unit.Parameters.Where((_, i) => !unit.IsPinnedFrozen(i)).Sum(controlled.Optimizer.TrainingBytes),
            Probe = state.Probe,
            Shapes = [.. unit.Parameters.Select(parameter => parameter.Shape)],
            Values = place => unit.Parameters[place].Value.ToArray(),
            State = state.ReadState,
            Conclude = limit => criterion.Conclude(state.History, limit),
        };
    }
}
