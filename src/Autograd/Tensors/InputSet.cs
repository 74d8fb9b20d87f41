using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>A set of an operation's inputs, by position (at most 32): which gradients are wanted, or what a saved tensor is used by.</summary>
public readonly record struct InputSet(uint Bits)
{
    /// <summary>The most inputs an operation can have.</summary>
    public const int Most = 32;

    /// <summary>Whether no input is in the set.</summary>
    public bool IsEmpty => Bits == 0;

    /// <summary>How many inputs are in the set.</summary>
    public int Count => BitOperations.PopCount(Bits);

    /// <summary>The set of these inputs.</summary>
    public static InputSet Of(params ReadOnlySpan<int> inputs)
    {
        uint bits = 0;
        foreach (int input in inputs) bits |= 1u << input;
        return new InputSet(bits);
    }

    /// <summary>Inputs 0 to <paramref name="count"/> − 1.</summary>
    public static InputSet All(int count) => new(count == 32 ? uint.MaxValue : (1u << count) - 1);

    /// <summary>Whether an input is in the set.</summary>
    public bool Contains(int input) => (Bits >> input & 1) != 0;

    /// <summary>Whether the sets share an input.</summary>
    public bool Intersects(InputSet other) => (Bits & other.Bits) != 0;

    /// <summary>The set with an input added.</summary>
    public InputSet With(int input) => new(Bits | 1u << input);

    /// <summary>The same inputs.</summary>
    /// <exception cref="ArgumentException">None, more than a set can hold, or not all on one device.</exception>
    internal static ReadOnlySpan<TensorBase> Checked(string operation, ReadOnlySpan<TensorBase> inputs)
    {
        if (inputs.Length is 0 or > Most) throw new ArgumentException($"{operation}: needs 1 to {Most} inputs, found {inputs.Length}.", nameof(inputs));
        Device device = inputs[0].Device;
        for (int i = 1; i < inputs.Length; i++)
        {
            if (inputs[i].Device != device) throw new ArgumentException($"{operation}: input {i} is {device.OnOther(inputs[i].Device)}");
        }
        return inputs;
    }

    /// <summary>For example <c>{0, 2}</c>.</summary>
    public override string ToString()
    {
        uint bits = Bits;
        return $"{{{string.Join(", ", Enumerable.Range(0, 32).Where(i => (bits >> i & 1) != 0))}}}";
    }
}
