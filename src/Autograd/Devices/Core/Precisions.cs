namespace ResearchFreeze.Autograd;

/// <summary>The names of <see cref="Precision"/>, as <c>--precision</c> takes them, and what follows from each.</summary>
public static class Precisions
{
    private const uint Tf32Half = 0x1000, Tf32Rest = 0x1FFF, BFloat16Half = 0x7FFF, BFloat16Rest = 0xFFFF, Magnitude = 0x7FFFFFFF, Infinity = 0x7F800000;
    private const ushort NotANumber = 0x7FC0;

    /// <summary>What <see cref="Parse"/> understands.</summary>
    public static IReadOnlyList<string> Names { get; } = ["float32", "tf32", "bf16"];

    /// <summary>The precision of a name: <c>float32</c>, <c>tf32</c> or <c>bf16</c>.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static Precision Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (int i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name) return (Precision)i;
        }
        throw new ArgumentException($"Precision '{name}' is unknown; known are {string.Join(", ", Names)}.");
    }

    /// <summary>The names of what saved activations (<see cref="Device.SavedPrecision"/>) and frozen weights (<see cref="Parameter.Keep"/>) may be kept in.</summary>
    public static IReadOnlyList<string> SavedNames { get; } = ["float32", "bf16"];

    /// <summary>The precision of saved activations by its name: <c>float32</c> or <c>bf16</c>.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static Precision ParseSaved(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Kept(name, "Activations");
    }

    /// <summary>The precision of frozen weights by its name: <c>float32</c> or <c>bf16</c>.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static Precision ParseFrozen(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Kept(name, "Form of frozen weights");
    }

    private static Precision Kept(string name, string what) => SavedNames.Contains(name) ? Parse(name) : throw new ArgumentException($"{what} '{name}' is unknown; known are {string.Join(", ", SavedNames)}.");

    /// <summary>A precision's name.</summary>
    public static string NameOf(Precision precision) => Names[(int)precision];

    /// <summary>The largest relative error of rounding a normal number: half of the distance to the next, 2⁻²⁴, 2⁻¹¹ or 2⁻⁸.</summary>
    public static double RoundingOf(Precision precision) => Math.ScaleB(1, precision switch { Precision.TF32 => -11, Precision.BFloat16 => -8, _ => -24 });

    /// <summary>The sixteen bits of a float32 as bfloat16: to the nearest, of two the even one. What is not a number becomes one that is not, without its sign.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & Magnitude) > Infinity ? NotANumber : (ushort)((bits + BFloat16Half + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The float32 that has these bits above and zeros below.</summary>
    public static float FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>A float32 as a product's operand is rounded. What is not a number stays that.</summary>
    public static float Round(float value, Precision precision)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (precision == Precision.Float32 || (bits & Magnitude) >= Infinity) return value;
        return BitConverter.UInt32BitsToSingle(precision == Precision.TF32 ? (bits + Tf32Half) & ~Tf32Rest : (bits + BFloat16Half + ((bits >> 16) & 1)) & ~BFloat16Rest);
    }
}
