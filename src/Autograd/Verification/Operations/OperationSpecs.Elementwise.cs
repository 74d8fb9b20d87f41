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
        Map("sin", x => x.Sin()),
        Map("cos", x => x.Cos()),
        Map("sin of many turns", x => (x * 300).Sin(), calls: 2, tolerance: 2e-2),       // its slope is 300·cos, with which the output gradient gets the rounding of 300·x
        Map("erf", x => x.Erf()),
        Map("elu", x => x.Elu(0.7)),
        Map("selu", x => x.Selu()),
        Map("mish", x => x.Mish()),
        Map("hard sigmoid", x => x.HardSigmoid()),
        Map("hard swish", x => x.HardSwish()),
        Map("subtract from scalar", x => 0.75 - x, keeps: false),
        Map("divide scalar by", x => -1.5 / x, tolerance: 1e-4),
        Jumps("floor", x => x.Floor()),
        Jumps("ceiling", x => x.Ceiling()),
        Jumps("round", x => x.Round()),
        Jumps("sign", x => x.Sign()),
        Jumps("greater than a number", x => x > 0.25),
        Jumps("greater or equal to a number", x => x >= 0.25),
        Jumps("less than a number", x => x < -0.25),
        Jumps("less or equal to a number", x => x <= 0.25),
        Jumps("equal to a number", x => x.EqualTo(0.5)),
        Jumps("not equal to a number", x => !x.NotEqualTo(0.5)),
        Comparison("greater", (a, b) => a > b),
        Comparison("greater or equal", (a, b) => a >= b),
        Comparison("less", (a, b) => a < b),
        Comparison("less or equal", (a, b) => a <= b),
        Comparison("equal", (a, b) => a.EqualTo(b)),
        Comparison("not equal", (a, b) => a.NotEqualTo(b)),
        Comparison("and", (a, b) => (a > 0) & (b > 0)),
        Comparison("or", (a, b) => (a > 0) | (b > 0)),
        Comparison("exclusive or", (a, b) => (a > 0) ^ (b > 0)),
        Zip("prelu", (a, b) => a.PRelu(b), (a, b, _, _) => a.Count + b.Count, (a, y, _) => a == y ? 2 : 3),
        new("pow of tensors", c =>
        {
            Shape y = c.Shape(1 + c.Random.NextInt32(3), 4), a = c.Add(Operand(c, y), positive: true), b = c.Add(Operand(c, y)), result = Shape.Broadcast(a, b, "pow");
            c.Apply = inputs => ((Tensor)inputs[0]).Pow((Tensor)inputs[1]);
            c.SavedElements = _ => a.Count + b.Count;
            c.BackwardCalls = wanted => (wanted.Contains(0) ? (a == result ? 2 : 3) : 0) + (wanted.Contains(1) ? (b == result ? 2 : 3) : 0);
        })
        { Tolerance = 1e-4 },
        new("where", c =>
        {
            Shape y = c.Shape(1 + c.Random.NextInt32(4), 4), a = c.Add(Operand(c, y)), b = c.Add(Operand(c, y)), mask = Operand(c, y);
            c.AddConstant(mask);
            Shape result = Shape.Broadcast(Shape.Broadcast(a, b, "where"), mask, "where");
            c.Apply = inputs => ((Tensor)inputs[0]).Where((Tensor)inputs[2] > 0, (Tensor)inputs[1]);
            c.SavedElements = _ => mask.Count;
            c.BackwardCalls = wanted => (wanted.Contains(0) ? (a == result ? 1 : 2) : 0) + (wanted.Contains(1) ? (b == result ? 1 : 2) : 0);
        }),
        Extreme("maximum", Tensor.Maximum),
        Extreme("minimum", Tensor.Minimum),
    ];

    /// <summary>A function that is constant between jumps, as a factor: no gradient passes it, so the product's is the factor alone. Values are whole 256ths, the jumps lie between them.</summary>
    private static OperationSpec Jumps(string name, Func<Tensor, Tensor> apply) => new(name, c =>
    {
        Shape x = c.AddDistinct(c.Shape(1 + c.Random.NextInt32(3), 7));
        Declare(c, x, t => t * apply(t + (1.0 / 512)), x.Count, 1);
    });

    private static OperationSpec Comparison(string name, Func<Tensor, Tensor, Tensor> apply) => new(name, c =>
    {
        Shape y = c.Shape(1 + c.Random.NextInt32(4), 4), a = c.AddDistinct(Operand(c, y)), b = Operand(c, y), result = Shape.Broadcast(a, b, name);
        c.AddConstant(b);
        c.Apply = inputs => (Tensor)inputs[0] * apply((Tensor)inputs[0] + (1.0 / 512), (Tensor)inputs[1]);
        c.SavedElements = _ => result.Count;
        c.BackwardCalls = _ => a == result ? 1 : 2;
    });

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
