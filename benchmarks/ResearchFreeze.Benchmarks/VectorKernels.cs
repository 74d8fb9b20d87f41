using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>What everything else is made of, on 2²² elements: a copy (the bandwidth itself, at another size), a fill, y ← α·x + y, and the two sums of a matrix of 4096×1024.</summary>
public class VectorKernels : KernelBenchmark
{
    private const int Rows = 4096;
    private const int Columns = 1024;
    private const int Elements = Rows * Columns;

    public override IEnumerable<Work> Works =>
    [
        new("copy", operands =>
        {
            (TensorRange x, TensorRange y) = (operands.Normal(Elements), operands.Empty(Elements));
            return () => operands.Device.Copy(x, y);
        }),
        new("fill", operands =>
        {
            TensorRange y = operands.Empty(Elements);
            return () => operands.Device.Fill(y, 1);
        }),
        new("add scaled", operands =>
        {
            (TensorRange x, TensorRange y) = (operands.Normal(Elements), operands.Normal(Elements));
            // A factor below one: the sum stays finite however often it runs.
            return () => operands.Device.AddScaled(0.1f, x, 0.9f, y);
        }),
        new("sum of rows", operands => Sum(operands, summedAxis: 1, Rows)),
        new("sum of columns", operands => Sum(operands, summedAxis: 0, Columns)),
    ];

    private static Action Sum(Operands operands, int summedAxis, int results)
    {
        var layout = new ReduceLayout([Rows, Columns], 1 << summedAxis);
        (TensorRange x, TensorRange y) = (operands.Normal(Elements), operands.Empty(results));
        return () => operands.Device.Reduce(layout, 1, x, y);
    }
}
