using System.Globalization;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>One parameter in the optimizer: its group's settings, its step count and its state tensors, which exist from its first update on.</summary>
internal sealed class OptimizerSlot(int index, Parameter parameter, ParameterGroup? group, float weightDecay)
{
    private SafetensorsEntry[]? offloaded;   // in the device's own precision, so that nothing is lost on the way

    public int Index { get; } = index;

    public Parameter Parameter { get; } = parameter;

    public float WeightDecay { get; } = weightDecay;

    public float RateScale { get; } = group?.RateScale ?? 1;

    /// <summary>What its group says, as it is saved.</summary>
    private string Settings => string.Create(CultureInfo.InvariantCulture, $"rate={RateScale},decay={WeightDecay}");

    /// <summary>What the controller multiplies the rate with.</summary>
    public float UnitScale { get; set; } = 1;

    /// <summary>Updates so far: Adam's bias correction counts each parameter's own.</summary>
    public int Steps { get; set; }

    /// <summary>The state tensors (momentum; Adam's two moments), or none.</summary>
    public Tensor[] State { get; private set; } = [];

    /// <summary>What becomes of the state while the parameter is frozen, in place of the optimizer's own policy; null: that.</summary>
    public OnFreeze? Policy { get; set; }

    /// <summary>Whether the gradient's sum of squares was written since it was last cleared.</summary>
    public bool HasSquare { get; set; }

    /// <summary>The state, made of zeros or brought back from the host where it is missing.</summary>
    public Tensor[] Require(int tensors)
    {
        if (State.Length == tensors) return State;
        Device device = Parameter.Value.Device;
        var state = new Tensor[tensors];
        try
        {
            for (int i = 0; i < tensors; i++)
            {
                state[i] = Tensor.Empty(device, Parameter.Shape, MemoryKind.Optimizer);
                if (offloaded is null) device.Fill(state[i].Range, 0);
                else offloaded[i].CopyTo(state[i]);
            }
        }
        catch
        {
            // Nobody's yet: a device that another thread holds, or that is out of memory, would keep them for good.
            foreach (Tensor? made in state) made?.Dispose();
            throw;
        }
        offloaded = null;
        return State = state;
    }

    /// <summary>Whether there is something that a policy would change.</summary>
    public bool IsChangedBy(OnFreeze policy) => policy != OnFreeze.Keep && (State.Length > 0 || (policy == OnFreeze.Drop && offloaded is not null));

    /// <summary>Applies a policy to the state of a frozen parameter. Does nothing where there is none.</summary>
    public void Apply(OnFreeze policy)
    {
        if (policy == OnFreeze.Keep) return;
        if (policy == OnFreeze.Drop)
        {
            offloaded = null;
            Steps = 0;
        }
        else if (State.Length > 0)
        {
            // The only wait of a step: a parameter's state leaves the device once per freeze.
            offloaded = [.. State.Select(SafetensorsEntry.Of)];
        }
        Release();
    }

    public void Release()
    {
        foreach (Tensor tensor in State) tensor.Dispose();
        State = [];
    }

    public void Save(StateTree state)
    {
        state.Set("steps", Steps);
        state.Set("rateScale", UnitScale);
        state.Set("settings", Settings);
        if (Policy is { } policy) state.Set("policy", (int)policy);
        if (HasSquare) state.Set("measured", true);
        for (int i = 0; i < State.Length; i++) state.Refer($"state{i}", State[i]);
        for (int i = 0; i < (offloaded?.Length ?? 0); i++) state.Set($"offloaded{i}", offloaded![i]);
    }

    /// <summary>Reads and checks; what it returns makes the change.</summary>
    public Action Read(StateTree state, int tensors, bool otherSettings)
    {
        state.Require("settings", Settings, anyWill: otherSettings);
        int steps = state.Int32("steps");
        var unitScale = (float)state.Real("rateScale", 0, float.MaxValue);
        OnFreeze? policy = state.Contains("policy") ? (OnFreeze)state.Int32("policy", 0, (int)OnFreeze.Offload) : null;
        bool wasMeasured = state.Contains("measured") && state.Flag("measured");
        SafetensorsEntry[]? onDevice = Tensors(state, "state", tensors), onHost = Tensors(state, "offloaded", tensors);
        if (onDevice is not null && onHost is not null) throw state.Bad("offloaded0", "is there beside 'state0': state is on the device or on the host");
        return () =>
        {
            (Steps, UnitScale, Policy, offloaded) = (steps, unitScale, policy, onHost);
            HasSquare = wasMeasured;
            if (onDevice is null)
            {
                Release();
                return;
            }
            Require(tensors);
            for (int i = 0; i < tensors; i++) onDevice[i].CopyTo(State[i]);
        };
    }

    /// <summary>All of the state's tensors, or null where there is none.</summary>
    private SafetensorsEntry[]? Tensors(StateTree state, string name, int count)
    {
        if (count == 0 || !state.Contains($"{name}0")) return null;
        var entries = new SafetensorsEntry[count];
        for (int i = 0; i < count; i++) entries[i] = state.Entry($"{name}{i}", Parameter.Shape);
        return entries;
    }
}
