using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Runs a criterion and a rule while training, in four parts: an observer measures, a decider asks the rule, an applier is the only one that changes anything, a guard takes freezes back. Flags change between steps only.
/// It sees validation measurements through <see cref="Observe"/> and never test data. What the user froze, scaled or masked stays: see <see cref="FreezeUnit.Pin"/>. For one thread at a time.
/// </summary>
public sealed class FreezeController : IStateful, IDisposable
{
    private readonly Controlled controlled;
    private readonly ControllerParts parts;
    private readonly StepCycle cycle;

    /// <summary>A controller for a model and its optimizer. The model must have its memory. Checks what it is given and changes nothing: <see cref="Start"/> begins.</summary>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">Holds all its parameters.</param>
    /// <param name="criterion">Scores units.</param>
    /// <param name="rule">Decides.</param>
    /// <param name="log">Where decisions go; null: nowhere but <see cref="Decisions"/>.</param>
    /// <param name="options">Settings.</param>
    /// <param name="seed">The rule's random stream.</param>
    /// <param name="probe">What statistics that read outputs or a trial step, and probe steps, run on; it stays the caller's.</param>
    public FreezeController(
        ModuleBase model, Optimizer optimizer, ICriterion criterion, IFreezeRule rule, IDecisionLog? log = null, FreezeOptions? options = null, ulong seed = 0, ProbeBatch? probe = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(criterion);
        ArgumentNullException.ThrowIfNull(rule);
        controlled = new Controlled(model, optimizer, options ?? new FreezeOptions());
        parts = new ControllerParts(controlled, criterion, rule, log, seed, probe);
        cycle = new StepCycle(controlled, parts);
    }

    /// <summary>A controller by a policy, with the settings that the command line gives a run of so many steps.</summary>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">Holds all its parameters.</param>
    /// <param name="policy">For example <c>Policies.Adaptive()</c>.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <param name="log">Where decisions go; null: nowhere but <see cref="Decisions"/>.</param>
    /// <param name="seed">The rule's random stream.</param>
    /// <param name="probe">What statistics that read outputs or a trial step, and probe steps, run on; it stays the caller's.</param>
    /// <param name="epochSteps">Steps of an epoch, for a policy that goes by epochs; 0: not known.</param>
    /// <exception cref="ArgumentException">The policy stands in for the schedule, and the optimizer has another.</exception>
    public FreezeController(ModuleBase model, Optimizer optimizer, Policy policy, int totalSteps, IDecisionLog? log = null, ulong seed = 0, ProbeBatch? probe = null, int epochSteps = 0)
        : this(model, optimizer, Checked(policy, optimizer, totalSteps).Criterion, policy.Rule, log, policy.Options(totalSteps) with { EpochSteps = epochSteps }, seed, probe)
    {
    }

    /// <summary>The settings.</summary>
    public FreezeOptions Options => controlled.Options;

    /// <summary>
    /// The ranks of data-parallel training, each of which has a controller like this one; null: there is one. Set it before the first step. Rules are then shown the first rank's costs and times, since each rank knows its own
    /// only, and scores and decisions are compared at every check: where they differ, all ranks throw a <see cref="CommunicationException"/> that has both.
    /// </summary>
    public ICommunicator? Communicator
    {
        get => controlled.Communicator;
        set => controlled.Communicator = value is { Size: > 1 } ? value : null;
    }

    /// <summary>The units, from the input.</summary>
    public IReadOnlyList<FreezeUnit> Units => controlled.Units;

    /// <summary>What was done, and what was saved.</summary>
    public FreezeLedger Ledger => parts.Ledger;

    /// <summary>What each change of what is frozen was predicted to save of a step's time, and what it saved. A forward cache's part is found, and not promised.</summary>
    public IReadOnlyList<StepSaving> Savings => parts.Savings.All;

    /// <summary>What the run has cost so far, and what full training would have: what a budget is held against.</summary>
    public RunSpending Spent => parts.Decider.Spent;

    /// <summary>Every change so far.</summary>
    public IReadOnlyList<DecisionEntry> Decisions => parts.Applier.Decisions;

    /// <summary>What was observed on validation data.</summary>
    public IReadOnlyList<ValidationPoint> Validation => parts.Decider.Validation;

    /// <summary>Whether the rule said that training may stop.</summary>
    public bool ShouldStop => parts.Decider.ShouldStop;

    /// <summary>Raised when a unit was frozen, thawed or adjusted, between steps; a rate that follows a schedule raises it once.</summary>
    public event Action<FreezeUnit, DecisionEntry>? UnitChanged
    {
        add => parts.Applier.Changed += value;
        remove => parts.Applier.Changed -= value;
    }

    /// <summary>Finds what would fail later, such as a rule that asks for more units than there are or a recorded decision that cannot be repeated. Has no effect at all.</summary>
    /// <param name="loss">Computes the loss of a batch: then what a full step costs is measured as in <see cref="Measure"/>, and rules that plan by it are asked too. Null: it is not.</param>
    /// <exception cref="ArgumentException">Something does not fit; the message says what.</exception>
    public void CheckSettings(Func<Tensor>? loss = null)
    {
        if (loss is not null) parts.Measure(loss);
        parts.Driver.CheckSettings();
    }

    /// <summary>Begins: what the user has frozen, scaled or masked is pinned, work is booked by unit, and the rule is asked once, before the first step. <see cref="BeforeStep"/> calls it if nobody has.</summary>
    public void Start() => parts.Start(ask: true);

    /// <summary>One step after a backward pass: statistics, optimizer, decision, gradients dropped.</summary>
    public void Step() => cycle.Step();

    /// <summary>Reads the gradients, before they are clipped or applied. Where it throws, the step is abandoned: its gradients are dropped, and the next backward pass begins another.</summary>
    public void BeforeStep() => cycle.Before();

    /// <summary>In place of <see cref="BeforeStep"/> and the optimizer's step, where <see cref="StepGraphs"/> repeats a step that had both; <see cref="AfterStep"/> follows.</summary>
    public void RepeatStep() => cycle.Repeat();

    /// <summary>Drops the gradients, keeps the books, and at checks decides.</summary>
    /// <exception cref="NonFiniteException">At a check: a step's gradients were not finite.</exception>
    public void AfterStep() => cycle.After();

    /// <summary>Gives up a step after <see cref="BeforeStep"/>, where the optimizer's failed: its gradients are dropped, and the next backward pass begins another.</summary>
    public void Abandon() => cycle.Abandon(null);

    /// <summary>
    /// Records a validation measurement. One that regresses takes back the last freezes, where the guard is on, or thaws what the controller froze. Call it between steps; between the batches of one step it takes
    /// effect when the step is done, so that no update is made of half a step's batches. NaN is recorded and compared with nothing.
    /// </summary>
    /// <param name="name">What was measured.</param>
    /// <param name="value">The value.</param>
    /// <param name="better">Which way is better.</param>
    /// <param name="margin">How much worse is a regression, in the measurement's unit; null: <see cref="FreezeOptions.RegressionMargin"/> and <see cref="FreezeOptions.GuardMargin"/>, which are fractions of the value.</param>
    /// <exception cref="ArgumentException">The same measurement was observed with the other direction.</exception>
    public void Observe(string name, double value, Better better, double? margin = null) => cycle.Observe(name, value, better, margin);

    /// <summary>
    /// Counts what a full step costs without taking one: forward and backward with every gradient wanted, but for what the user keeps frozen; the gradients are dropped. For runs that freeze before the first step, whose
    /// full cost would never be seen. Its own work is no part of the ledger.
    /// </summary>
    /// <param name="loss">Computes the loss of a batch of the usual size.</param>
    public void Measure(Func<Tensor> loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        // A rule that plans by costs is asked when they are known.
        parts.Start(ask: !parts.Rule.NeedsCosts);
        parts.Measure(loss);
    }

    /// <summary>Leaves the work since the last step out of the ledger: it was none of training's. Call it between steps.</summary>
    public void Disregard() => Ledger.Disregard();

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        parts.Start(ask: true);
        parts.NoticeHand();
        ControllerState.Save(parts, state);
    }

    /// <summary>Goes on where another controller of the same settings was. Instead of <see cref="Start"/>: nothing is asked. The optimizer's state is loaded before it: a rate scale that changes afterwards is taken for the user's.</summary>
    /// <exception cref="FormatException">The state is another's, or damaged: nothing was changed.</exception>
    public void LoadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Apply(ReadState);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        parts.Start(ask: false);
        Action change = ControllerState.Read(parts, state);
        return () =>
        {
            change();
            parts.Loaded();
            cycle.Restart();
        };
    }

    /// <summary>Releases the statistics' memory.</summary>
    public void Dispose() => parts.Dispose();

    private static Policy Checked(Policy policy, Optimizer optimizer, int totalSteps)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(optimizer);
        if (policy.Schedule is { } schedule && totalSteps > 0 && schedule(1, totalSteps) is var own && own.GetType() != optimizer.Schedule.GetType())
            throw new ArgumentException($"Freezing: policy '{policy.Method?.ToString() ?? policy.Rule.Name}' stands in for the schedule: the optimizer must have a {own.GetType().Name}, found '{optimizer.Schedule.Key}'.");
        return policy;
    }
}
