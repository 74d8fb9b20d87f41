using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Writing to a statistic's state in place, on the device, without a graph.</summary>
public static class StateTensors
{
    /// <summary>state ← value.</summary>
    public static void Assign(this Tensor state, Tensor value)
    {
        Check(state, value, nameof(Assign));
        state.Device.Copy(value.Range, state.Range);
    }

    /// <summary>state ← state + scale · value.</summary>
    public static void Accumulate(this Tensor state, Tensor value, float scale = 1)
    {
        Check(state, value, nameof(Accumulate));
        state.Device.AddScaled(scale, value.Range, 1, state.Range);
    }

    /// <summary>state ← (1 − weight) · state + weight · value: an exponential moving average.</summary>
    public static void Lerp(this Tensor state, Tensor value, float weight)
    {
        Check(state, value, nameof(Lerp));
        state.Device.AddScaled(weight, value.Range, 1 - weight, state.Range);
    }

    private static void Check(Tensor state, Tensor value, string what)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(value);
        if (state.Shape.Count != value.Shape.Count) throw new ShapeException($"{what}: a state of shape {state.Shape}, a value of shape {value.Shape}.");
    }
}
