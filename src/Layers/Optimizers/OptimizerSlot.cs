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

    /// <summary>What the controller multiplies the rate with.</summary>
    public float UnitScale { get; set; } = 1;

    /// <summary>Updates so far: Adam's bias correction counts each parameter's own.</summary>
    public int Steps { get; set; }

    /// <summary>The state tensors (momentum; Adam's two moments), or none.</summary>
    public Tensor[] State { get; private set; } = [];

    /// <summary>What becomes of the state while the parameter rests, in place of the optimizer's own policy; null: that.</summary>
    public OnFreeze? Policy { get; set; }

    /// <summary>Whether the gradient's sum of squares was written since it was last cleared.</summary>
    public bool HasSquare { get; set; }

    /// <summary>The state, made of zeros or brought back from the host where it is missing.</summary>
    public Tensor[] Require(int tensors)
    {
        if (State.Length == tensors) return State;
        Device device = Parameter.Value.Device;
        var state = new Tensor[tensors];
        for (int i = 0; i < tensors; i++)
        {
            state[i] = Tensor.Empty(device, Parameter.Shape, MemoryKind.Optimizer);
            if (offloaded is null) device.Fill(state[i].Range, 0);
            else offloaded[i].CopyTo(state[i]);
        }
        offloaded = null;
        return State = state;
    }

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
        state.Set("rateScale", Shape.Scalar, new[] { UnitScale });
        if (Policy is { } policy) state.Set("policy", (int)policy);
        for (int i = 0; i < State.Length; i++) state.Set($"state{i}", State[i]);
        for (int i = 0; i < (offloaded?.Length ?? 0); i++) state.Set($"offloaded{i}", offloaded![i]);
    }

    public void Load(StateTree state, int tensors)
    {
        Release();
        offloaded = null;
        Steps = (int)state.Integer("steps");
        Policy = state.Contains("policy") ? (OnFreeze)state.Integer("policy") : null;
        UnitScale = state.Contains("rateScale") ? (float)state.Reals("rateScale")[0] : 1;      // state from another library has none
        if (state.Contains("state0"))
        {
            Tensor[] into = Require(tensors);
            for (int i = 0; i < tensors; i++) state.Read($"state{i}", into[i]);
        }
        else if (state.Contains("offloaded0"))
        {
            offloaded = new SafetensorsEntry[tensors];
            for (int i = 0; i < tensors; i++) offloaded[i] = state.Entry($"offloaded{i}", Parameter.Shape);
        }
    }
}
