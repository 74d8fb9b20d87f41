namespace ResearchFreeze.Autograd;

// Functions of one or two operands, element by element. Values are 0.1 to 1.1 in magnitude, so kinks at 0 are far; others are put between values.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Elementwise =>
    [
        Map("abs", x => x.Abs()),
        Map("leaky relu", x => x.LeakyRelu(0.2)),
        Map("gelu", x => x.Gelu()),
        Map("gelu tanh", x => x.GeluTanh()),
        Map("silu", x => x.Silu()),
        Map("softplus", x => x.Softplus()),
        // 1/x² reaches 100, and the checks' output gradient is cos y: rounding y is most of the error.
        Map("pow -2", x => x.Pow(-2), tolerance: 1e-4),
        .. ((double[])[-1, 0, 1, 2, 3, 7]).Select(exponent => Map($"pow {exponent}", x => x.Pow(exponent))),
        .. ((double[])[0.5, -0.3, 2.5]).Select(exponent => Map($"pow {exponent}", x => x.Pow(exponent), positive: true)),
        // Too many factors for a product. 1.1⁴⁰ is 45, its slope 1600, with which the output gradient cos y gets y's rounding.
        Map("pow 33", x => x.Pow(33), tolerance: 1e-3),
        Map("pow 40", x => x.Pow(40), tolerance: 1e-3),
        new("clamp", c =>
        {
            Shape x = c.AddDistinct(c.Shape(1 + c.Random.NextInt32(3), 7));
            // Values are whole 256ths: a bound between two of them is no kink that a difference quotient crosses.
            double low = ((c.Random.NextInt32(100) + 0.5) / 256) - 1, high = low + (c.Random.NextInt32(200) / 256.0);
            Declare(c, x, t => t.Clamp(low, high), x.Count, 1);
        }),
        Extreme("maximum", Tensor.Maximum),
        Extreme("minimum", Tensor.Minimum),
    ];

    private static OperationSpec Extreme(string name, Func<Tensor, Tensor, Tensor> apply) => new(name, c =>
    {
        Shape y = c.Shape(1 + c.Random.NextInt32(4), 4);
        // Values at odd and even 512ths, so that no two operands are near one another.
        Shape a = c.AddDistinct(Operand(c, y)), b = c.AddDistinct(Operand(c, y));
        Shape result = Shape.Broadcast(a, b, name);
        c.Apply = inputs => apply((Tensor)inputs[0], (Tensor)inputs[1] + (1.0 / 512));
        c.SavedElements = _ => a.Count + b.Count;
        c.BackwardCalls = wanted => (wanted.Contains(0) ? (a == result ? 2 : 3) : 0) + (wanted.Contains(1) ? (b == result ? 3 : 4) : 0);   // the offset's own is one
    });
}
