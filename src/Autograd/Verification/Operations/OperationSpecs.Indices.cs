namespace ResearchFreeze.Autograd;

// What repeats elements and what adds rows by their ids.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Indices =>
    [
        new("expand", c =>
        {
            Shape y = c.Shape(1 + c.Random.NextInt32(4), 4), x = c.Add(Operand(c, y));
            Declare(c, x, t => t.Expand(y), 0, x == y ? 0 : 1);
        }),
        new("index add", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 5));
            int count = c.Extent(6);
            c.Add(x.With(0, count));
            c.AddIntegers([count], [.. Enumerable.Range(0, count).Select(_ => c.Random.NextInt32(x[0]))]);
            c.Apply = inputs => ((Tensor)inputs[0]).IndexAdd((IntTensor)inputs[2], (Tensor)inputs[1]);
            c.SavedElements = _ => 0;
            c.SavedIntegers = wanted => wanted.Contains(1) ? count : 0;
            c.BackwardCalls = wanted => wanted.Contains(1) ? 1 : 0;
        }),
    ];
}
