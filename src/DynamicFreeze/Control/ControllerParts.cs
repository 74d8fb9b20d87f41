using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>The parts of a controller, put together.</summary>
internal sealed class ControllerParts : IDisposable
{
    private readonly IDecisionLog? log;
    private readonly CutDraw cuts;
    private bool isStarted;
    private bool isAsked;

    public ControllerParts(Controlled controlled, ICriterion criterion, IFreezeRule rule, IDecisionLog? log, ulong seed, ProbeBatch? probe)
    {
        (Controlled, Criterion, Rule, this.log) = (controlled, criterion, rule, log);
        FreezeOptions options = controlled.Options;
        Replay = options.Replay is { } record ? new Replay(record, controlled.Units) : null;
        if (Replay is null) CheckNumbers(criterion, rule, options);
        // Replayed decisions need no numbers of their own.
        Observer = new Observer(controlled, Replay is null ? criterion : null, probe);
        Ledger = new FreezeLedger(controlled);
        Savings = new SavingWatch(controlled, Ledger);
        Decider = new Decider(controlled, criterion, rule, seed, Ledger, Savings);
        Guard = new Guard(controlled);
        cuts = new CutDraw(controlled.Units, seed);
        Applier = new Applier(controlled, log);
        if (options.GuardMargin > 0 && Replay is null) Applier.Freezing = unit => Guard.Freezing(unit.Index);
        Applier.Changed += (unit, entry) =>
        {
            if (entry.Action == FreezeAction.Thaw) Guard.Thawed(unit.Index);
        };
        Driver = Replay is null ? new RuleDriver(controlled, Observer, Decider, Applier, Guard, log) : new ReplayDriver(controlled, Replay, Observer, Decider, Applier, Guard);
    }

    public Controlled Controlled { get; }

    public ICriterion Criterion { get; }

    public IFreezeRule Rule { get; }

    public Replay? Replay { get; }

    public Observer Observer { get; }

    public Decider Decider { get; }

    public Applier Applier { get; }

    public Guard Guard { get; }

    public FreezeLedger Ledger { get; }

    public SavingWatch Savings { get; }

    public IDriver Driver { get; }

    /// <summary>Begins, once, and asks the rule before the first step, once.</summary>
    /// <param name="ask">Whether it is asked now: not where a saved state follows, or costs are measured first.</param>
    public void Start(bool ask)
    {
        if (!isStarted) Begin();
        if (!ask || isAsked) return;
        isAsked = true;
        if (Replay is null && Decider.TooShort(Observer.Units) is { } warning) Controlled.Device.Warn(warning);
        Driver.AtStart();
        NextStep();
    }

    /// <summary>A saved state was loaded: the rule has been asked. What a fork does at that very step is still to be done.</summary>
    public void Loaded() => isAsked = Replay is null;

    /// <summary>A rule that is never told what it asks for freezes nothing, without a word.</summary>
    private static void CheckNumbers(ICriterion criterion, IFreezeRule rule, FreezeOptions options)
    {
        if (rule.NeedsPrices && !criterion.HasPrice) throw new ArgumentException($"Freezing: rule '{rule.Name}' asks what a freeze costs, which criterion '{criterion.Name}' does not say; annealing-debt, remaining-gain and the policy adaptive do.");
        if (criterion.NeedsRunSteps && options.RunSteps == 0) throw new ArgumentException($"Freezing: criterion '{criterion.Name}' depends on the steps that are left: set FreezeOptions.RunSteps.");
    }

    private void Begin()
    {
        isStarted = true;
        Controlled.Numbers.Mark();
        Observer.Start();
        Applier.Start();
        Ledger.Start();
        Decider.Start();
        log?.Begin(Criterion.Name, Rule.Name, Controlled.Options, Controlled.Units);
    }

    /// <summary>All is decided for the step that comes next: cuts are drawn, and what was frozen is held to what it promises.</summary>
    public void NextStep()
    {
        cuts.Next(Controlled.Step);
        Savings.NextStep();
    }

    /// <summary>A step ended before the optimizer's: what was measured and booked of it is none of the next one's.</summary>
    public void Abandon()
    {
        Controlled.Optimizer.Abandon();
        Observer.Abandon();
        Controlled.Model.ClearGradients();
        Ledger.Disregard();
    }

    /// <summary>What was changed by hand since the last change of ours is the user's: before anything is decided or saved.</summary>
    public void NoticeHand()
    {
        foreach (UnitState unit in Observer.Units) Applier.NoticeHand(unit);
    }

    /// <summary>Acts on a measurement, and records it.</summary>
    public void Measured(ValidationPoint point)
    {
        NoticeHand();
        int before = Decider.Validation.FindLast(earlier => earlier.Name == point.Name)?.Step ?? 0;
        ValidationPoint measured = point with { WithFrozen = Controlled.Units.Any(unit => unit.CanBecome(frozen: false)) || Applier.HasThawed(since: before) };
        Driver.AtMeasurement(measured);
        Decider.Validation.Add(measured);
    }

    /// <summary>See <see cref="FreezeController.Measure"/>.</summary>
    public void Measure(Func<Tensor> loss)
    {
        ModuleBase model = Controlled.Model;
        using var scope = new Scope();
        Ledger.Disregard();
        var before = new StateTree();
        IStateful[] counting = [.. model.Modules().OfType<IStateful>()];      // dropout counts its passes
        for (int i = 0; i < counting.Length; i++) counting[i].SaveState(before.Branch($"{i}"));
        // The flags themselves, since a frozen normalisation may do less in its forward pass too; running moments are put back.
        Parameter[] frozen = [.. Controlled.Units.SelectMany(unit => unit.Parameters.Where((parameter, i) => parameter.IsFrozen && !unit.IsPinnedFrozen(i)))];
        using var buffers = new TensorCopy(model.Buffers().Select(buffer => buffer.Value));
        buffers.Take();
        Flag(frozen, isFrozen: false);
        using var uncut = new Uncut(Controlled.Units);
        try
        {
            loss().Backward();
        }
        finally
        {
            Flag(frozen, isFrozen: true);
            model.ClearGradients();
            buffers.Restore();
            for (int i = 0; i < counting.Length; i++) counting[i].LoadState(before.Branch($"{i}"));
        }
        Ledger.Measured();
    }

    /// <summary>With what they are kept in: full training widens nothing that only freezing has rounded.</summary>
    private void Flag(Parameter[] parameters, bool isFrozen)
    {
        using CostScope booking = Controlled.Booking(CostKind.Other);
        foreach (Parameter parameter in parameters)
        {
            parameter.IsFrozen = isFrozen;
            Controlled.Optimizer.KeepFrozen(parameter);
        }
    }

    public void Dispose()
    {
        foreach (FreezeUnit unit in Controlled.Units) unit.PinChanged = null;
        cuts.End();
        Observer.Dispose();
        Guard.Dispose();
        Controlled.Numbers.Release();
    }
}
