using System.Globalization;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Updates parameters from their gradients. It holds every parameter of the model from the start, once, by identity; frozen ones and ones without a gradient are not touched:
/// no value, no state, no decay, no step count. A step in which a gradient is not finite updates nothing; what then is <see cref="OnNonFinite"/>'s to say.
/// </summary>
public abstract partial class Optimizer : IStateful, IDisposable
{
    private readonly OptimizerSlot[] slots;
    private readonly Dictionary<Parameter, OptimizerSlot> slotOf = new(ReferenceEqualityComparer.Instance);
    private readonly float clipNorm;
    private readonly NormTarget[] norms;              // of the step that is being taken, so that a step makes no garbage
    private readonly ParameterUpdate[] updates;
    private Tensor? squares;
    private Tensor? guard;
    private bool isPrepared;

    /// <summary>An optimizer over all parameters of a model.</summary>
    /// <param name="model">The model; it may get its memory later.</param>
    /// <param name="schedule">The learning rate by step.</param>
    /// <param name="weightDecay">For parameters whose group names none.</param>
    /// <param name="groups">Parameters with settings of their own; each must match something.</param>
    protected Optimizer(ModuleBase model, Schedule schedule, float weightDecay, ReadOnlySpan<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(schedule);
        Schedule = schedule;
        CheckDecay(weightDecay, "weight decay");
        var matches = new int[groups.Length];
        foreach (NamedParameter named in model.NamedParameters())
        {
            if (slotOf.ContainsKey(named.Parameter)) continue;
            int index = 0;
            while (index < groups.Length && !groups[index].Contains(named)) index++;
            ParameterGroup? group = index < groups.Length ? groups[index] : null;
            if (group is not null) matches[index]++;
            slotOf.Add(named.Parameter, new OptimizerSlot(slotOf.Count, named.Parameter, group, group?.WeightDecay ?? weightDecay));
        }
        for (int i = 0; i < groups.Length; i++)
        {
            CheckDecay(groups[i].WeightDecay ?? 0, $"weight decay of group '{groups[i].Name}'");
            if (matches[i] == 0) throw new ArgumentException($"Optimizer: group '{groups[i].Name}' contains none of the {slotOf.Count} parameters (or earlier groups took them).");
        }
        slots = [.. slotOf.Values.OrderBy(slot => slot.Index)];
        if (slots.Length == 0) throw new ArgumentException($"Optimizer: model {model} has no parameters.");
        norms = new NormTarget[slots.Length];
        updates = new ParameterUpdate[slots.Length];
    }

    /// <summary>The learning rate by step.</summary>
    /// <remarks>Can be set between two steps: <c>optimizer.Schedule = new Constant(0.01f)</c> sets the rate by hand. A saved state names the schedule, and one of another is refused.</remarks>
    public Schedule Schedule
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>Steps taken: where the schedule is.</summary>
    public int StepCount { get; private set; }

    /// <summary>The schedule's rate for the next step.</summary>
    public float LearningRate => Schedule.Rate(StepCount);

    /// <summary>Gradients are scaled down where the norm of all of them together is larger; 0: never. Frozen parameters do not count.</summary>
    public float ClipNorm
    {
        get => clipNorm;
        init
        {
            if (!(value >= 0) || !float.IsFinite(value)) throw new ArgumentOutOfRangeException(nameof(value), $"Optimizer: ClipNorm must be 0 or positive, found {value}.");
            clipNorm = value;
        }
    }

    /// <summary>What becomes of the state of a frozen parameter, at the next step.</summary>
    public OnFreeze OnFreeze { get; init; }

    /// <summary>The kind with the settings that its state belongs to, as on the command line: <c>sgd:momentum=0.9,nesterov=0</c>. An optimizer of another key refuses the state.</summary>
    public abstract string Key { get; }

    /// <summary>What becomes of a run with a gradient that is not finite.</summary>
    public OnNonFinite OnNonFinite { get; init; }

    /// <summary>The number that work for all parameters together is booked under: the controller's, so that two models' books stay apart; 0: none.</summary>
    internal int CommonUnit { get; set; }

    /// <summary>State tensors a parameter has.</summary>
    protected abstract int StateTensors { get; }

    /// <summary>What every optimizer has beside its key, as it is saved.</summary>
    private string Settings => string.Create(CultureInfo.InvariantCulture, $"{Schedule.Key}; clip={ClipNorm}, frozen={OnFreeze}");

    /// <summary>The parameters, in the model's order.</summary>
    public IEnumerable<Parameter> Parameters => slots.Select(slot => slot.Parameter);

    /// <summary>The rate of a parameter's next update: schedule · group · unit. A thawed parameter follows the schedule like any other.</summary>
    public float RateOf(Parameter parameter) => RateOf(slotOf[parameter]);

    /// <summary>What a parameter's rate is multiplied with beside its group's scale.</summary>
    public float RateScaleOf(Parameter parameter) => slotOf[parameter].UnitScale;

    /// <summary>Multiplies a parameter's rate, until it is set again.</summary>
    public void SetRateScale(Parameter parameter, float scale)
    {
        if (!(scale >= 0) || !float.IsFinite(scale)) throw new ArgumentOutOfRangeException(nameof(scale), $"Optimizer: the rate scale of '{parameter.Path}' must be 0 or positive, found {scale}.");
        slotOf[parameter].UnitScale = scale;
    }

    /// <summary>
    /// Measures the gradients' squares on the device, before clipping: one sum a parameter, 0 for those without a gradient. <see cref="Step"/> does it if nobody has.
    /// </summary>
    public void Prepare()
    {
        if (isPrepared) return;
        isPrepared = true;
        Device device = slots[0].Parameter.Value.Device;
        using CostScope booking = Booking(device);
        RequireGuard(device);
        int count = 0;
        foreach (OptimizerSlot slot in slots)
        {
            if (!Trains(slot))
            {
                Clear(device, slot);
                continue;
            }
            TensorRange gradient = slot.Parameter.Grad!.Range;
            norms[count++] = new NormTarget(gradient, gradient, squares!.Range.Slice(slot.Index, 1), slot.Parameter.Unit);
            slot.HasSquare = true;
        }
        device.Norm(NormKind.SquaredL2, norms.AsSpan(0, count));
    }

    /// <summary>Updates every trainable parameter that has a gradient. Neither waits for the device nor drops gradients.</summary>
    public void Step()
    {
        if (OnNonFinite == OnNonFinite.Throw && guard is { Device.IsSynchronous: true } && Seen() is { } halt) throw halt;
        Prepare();
        isPrepared = false;
        Device device = guard!.Device;
        if (OnNonFinite == OnNonFinite.Skip) device.Fill(guard.Range.Slice(2, 1), 0);      // what an earlier step's gradients were says nothing about this one's
        using CostScope booking = Booking(device);
        device.StepGuard(squares!.Range, ClipNorm, guard.Range);
        // All memory first: where there is none, no parameter has taken a step that another has not.
        foreach (OptimizerSlot slot in slots)
        {
            Settle(slot);
            KeepIn(slot.Parameter);
            if (!Trains(slot)) continue;
            using CostScope unit = device.Counters.ForUnit(slot.Parameter.Unit);
            slot.Require(StateTensors);
        }
        int count = 0;
        foreach (OptimizerSlot slot in slots)
        {
            if (!Trains(slot)) continue;
            using CostScope unit = device.Counters.ForUnit(slot.Parameter.Unit);
            slot.Steps++;
            if (slot.Parameter.MaskValues is { } mask) UpdateMasked(device, slot, mask);
            else updates[count++] = new ParameterUpdate(slot.Parameter, slot.Require(StateTensors), RateOf(slot), slot.WeightDecay, slot.Steps) { Number = device.Recorder is { } recorder ? Announce(recorder, slot) : 0 };
        }
        Update(device, updates.AsSpan(0, count), guard.Range);
        StepCount++;
        if (device.Recorder is { } record) Repeat(record);
    }

    /// <summary>A step that was prepared is not taken: the next one is prepared anew.</summary>
    public void Abandon() => isPrepared = false;

    /// <summary>Drops all gradients: their memory goes back and <see cref="Parameter.Grad"/> is null.</summary>
    public void ClearGradients()
    {
        foreach (OptimizerSlot slot in slots) slot.Parameter.ClearGrad();
    }

    /// <summary>Waits for the device and tells how many steps were applied before the first one with a gradient that was not finite, or null while all were.</summary>
    public int? HaltedAfter()
    {
        if (guard is null) return null;
        Span<double> state = stackalloc double[3];
        guard.CopyTo(state);
        return state[2] == 0 ? null : (int)state[1];
    }

    /// <summary>Waits for the device and says which step's gradients were not finite, since when none was applied; null: all were.</summary>
    public NonFiniteException? FindHalt()
    {
        if (guard is null) return null;
        Span<double> state = stackalloc double[3];
        guard.CopyTo(state);
        return Halt(state);
    }

    /// <summary>Waits for the device and tells how many steps were left out because their gradients were not finite.</summary>
    public int SkippedSteps()
    {
        if (guard is null) return 0;
        Span<double> state = stackalloc double[3];
        guard.CopyTo(state);
        return StepCount - (int)state[1];
    }

    /// <summary>Writes, on the device, how many steps were applied and, where none is any more since one was not finite, a number above 0: two elements.</summary>
    public void CopyHalted(TensorRange into)
    {
        Device device = slots[0].Parameter.Value.Device;
        if (guard is null) device.Fill(into, 0);
        else device.Copy(guard.Range.Slice(1, 2), into);
    }

    /// <summary>Waits for the device and tells what the last step's gradients were multiplied with: 1, or less where they were clipped; NaN where it was not applied.</summary>
    public double LastFactor()
    {
        Span<double> state = stackalloc double[3];
        (guard ?? throw new InvalidOperationException("Optimizer: no step has been taken.")).CopyTo(state);
        return state[0];
    }

    /// <summary>Lets steps be applied again after a halt.</summary>
    public void Reset()
    {
        if (guard is not null) guard.Device.Fill(guard.Range, 0);
    }

    /// <summary>A parameter's state tensors on the device: momentum; Adam's two moments; none before its first update.</summary>
    public IReadOnlyList<Tensor> StateOf(Parameter parameter) => slotOf[parameter].State;

    /// <summary>Sets the count of steps, and with it the schedule's position and the count of applied steps: training goes on from here, whatever state was restored.</summary>
    public void SeekTo(int step)
    {
        if (step < 0) throw new ArgumentOutOfRangeException(nameof(step), $"Optimizer: a step must be 0 or more, found {step}.");
        StepCount = step;
        guard?.Device.Upload([1f, step, 0f], guard.Range);
    }

    /// <summary>Bytes of the state on the device once every parameter that trains has some.</summary>
    public long FullStateBytes => slots.Where(slot => !slot.Parameter.IsFrozen).Sum(slot => (long)slot.Parameter.Shape.Count * slot.Parameter.Value.Device.RealSize) * StateTensors;

    /// <summary>Bytes of a parameter's state on the device.</summary>
    public long StateBytes(Parameter parameter) => slotOf[parameter].State.Sum(tensor => tensor.Range.Storage.Bytes);

    /// <summary>Bytes of a parameter's gradient and of its state while it trains.</summary>
    public long TrainingBytes(Parameter parameter) => (long)slotOf[parameter].Parameter.Shape.Count * parameter.Value.Device.RealSize * (1 + StateTensors);

    /// <summary>Whether a policy would change what is kept of a parameter's state, on the device or on the host.</summary>
    internal bool IsChangedBy(Parameter parameter, OnFreeze policy) => slotOf[parameter].IsChangedBy(policy);

    /// <summary>Applies a policy to a frozen parameter's state now, in place of <see cref="OnFreeze"/> until it trains again.</summary>
    public void ApplyState(Parameter parameter, OnFreeze policy)
    {
        OptimizerSlot slot = slotOf[parameter];
        slot.Policy = policy;
        slot.Apply(policy);
    }

    /// <summary>Releases the state.</summary>
    public void Dispose()
    {
        foreach (OptimizerSlot slot in slots) slot.Release();
        squares?.Dispose();
        guard?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The sum of squares of a parameter's gradient in the step that was prepared last: one element on the device.</summary>
    public TensorRange SquareOf(Parameter parameter) => (squares ?? throw new InvalidOperationException("Optimizer: no step was prepared.")).Range.Slice(slotOf[parameter].Index, 1);

    /// <summary>One update of one parameter.</summary>
    protected abstract void Update(Device device, TensorRange weight, TensorRange gradient, Tensor[] state, float rate, float weightDecay, int step, TensorRange guard);

    /// <summary>
    /// The updates of a step, but for parameters with an <see cref="UpdateMask"/>. Here: one after the other. An optimizer whose device primitive takes many parameters overrides it too, for fewer launches;
    /// both must do the same.
    /// </summary>
    protected virtual void Update(Device device, ReadOnlySpan<ParameterUpdate> updates, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        foreach (ref readonly ParameterUpdate update in updates)
        {
            using CostScope unit = device.Counters.ForUnit(update.Parameter.Unit);
            Update(device, update.Weight, update.Gradient, update.State, update.Rate, update.WeightDecay, update.Step, guard);
        }
    }

    private protected static void CheckUnit(float value, string name)
    {
        if (value is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(name, $"Optimizer: {name} must be in [0, 1), found {value}.");
    }

    private protected static void CheckPositive(float value, string name)
    {
        if (!(value > 0) || !float.IsFinite(value)) throw new ArgumentOutOfRangeException(name, $"Optimizer: {name} must be positive and finite, found {value}.");
    }

    private static void CheckDecay(float value, string name)
    {
        if (!(value >= 0) || !float.IsFinite(value)) throw new ArgumentOutOfRangeException(nameof(value), $"Optimizer: {name} must be 0 or positive, found {value}.");
    }

    /// <summary>What <see cref="FindHalt"/> finds, where the host sees the device's memory: it costs nothing, so it is looked at in every step.</summary>
    private NonFiniteException? Seen()
    {
        Span<double> state = stackalloc double[3];
        guard!.Device.Peek(guard.Range, state);
        return Halt(state);
    }

    private NonFiniteException? Halt(ReadOnlySpan<double> state) =>
        state[2] == 0 ? null : new NonFiniteException((int)state[1] + 1, state[2] <= slots.Length ? slots[(int)state[2] - 1].Parameter.Path : null);

    /// <summary>Updates all of it and takes back what is masked: a mask is rare, and the update's kernels stay free of it.</summary>
    private void UpdateMasked(Device device, OptimizerSlot slot, Tensor mask)
    {
        Tensor[] state = slot.Require(StateTensors);
        Tensor[] all = [slot.Parameter.Value, .. state];
        var before = new Tensor[all.Length];
        for (int i = 0; i < all.Length; i++)
        {
            before[i] = Tensor.Empty(device, slot.Parameter.Shape, MemoryKind.Optimizer);
            device.Copy(all[i].Range, before[i].Range);
        }
        Update(device, slot.Parameter.Value.Range, slot.Parameter.Grad!.Range, state, RateOf(slot), slot.WeightDecay, slot.Steps, guard!.Range);
        for (int i = 0; i < all.Length; i++)
        {
            device.RestoreWhere(mask.Range, before[i].Range, all[i].Range);
            before[i].Dispose();
        }
    }

    private void RequireGuard(Device device)
    {
        if (squares is not null) return;
        squares = Tensor.Empty(device, [slots.Length], MemoryKind.Statistic);
        guard = Tensor.Empty(device, [3], MemoryKind.Statistic);
        device.Fill(squares.Range, 0);
        device.Fill(guard.Range, 0);
    }

    private static bool Trains(OptimizerSlot slot) => !slot.Parameter.IsFrozen && slot.Parameter.Grad is not null;

    /// <summary>Only a training step's work is the optimizer's own: a trial step's stays the trial's.</summary>
    private CostScope Booking(Device device) => device.Counters.For(device.Counters.Booking.Kind is CostKind.Forward ? CostKind.Optimizer : device.Counters.Booking.Kind, CommonUnit);

    private float RateOf(OptimizerSlot slot) => LearningRate * slot.RateScale * slot.UnitScale;
}
