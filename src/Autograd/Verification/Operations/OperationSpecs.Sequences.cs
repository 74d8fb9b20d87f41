namespace ResearchFreeze.Autograd;

// Steps of recurrent layers.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Sequences =>
    [
        new("lstm cell", c =>
        {
            (int n, int width) = (c.Extent(4), c.Extent(5));
            Gates(c, 4, n, width);
            c.Add([n, width]);
            c.SavedElements = wanted => wanted.Contains(0) || wanted.Contains(1) || wanted.Contains(2) ? 9L * n * width : 0;
            c.BackwardCalls = Wanted;
            if (c.Random.NextInt32(2) == 0)
            {
                c.Apply = inputs => ((Tensor)inputs[0]).LstmCell((Tensor)inputs[1], (Tensor)inputs[2]);
                return;
            }
            c.Add([n, width]);
            int step = Lengths(c, n);
            c.Apply = inputs => ((Tensor)inputs[0]).LstmCell((Tensor)inputs[1], (Tensor)inputs[2], (Tensor)inputs[3], (IntTensor)inputs[4], step);
        }),
        new("gru cell", c =>
        {
            (int n, int width) = (c.Extent(4), c.Extent(5));
            Gates(c, 3, n, width);
            c.Add([n, width]);
            c.SavedElements = wanted => (6L * n * width) + (wanted.Contains(0) || wanted.Contains(1) ? n * width : 0);
            c.BackwardCalls = Wanted;
            if (c.Random.NextInt32(2) == 0)
            {
                c.Apply = inputs => ((Tensor)inputs[0]).GruCell((Tensor)inputs[1], (Tensor)inputs[2]);
                return;
            }
            int step = Lengths(c, n);
            c.Apply = inputs => ((Tensor)inputs[0]).GruCell((Tensor)inputs[1], (Tensor)inputs[2], (IntTensor)inputs[3], step);
        }),
    ];

    private static void Gates(OperationCase c, int gates, int n, int width)
    {
        c.Add([n, gates * width]);
        c.Add([n, gates * width]);
    }

    /// <summary>Adds lengths, around the step that is returned.</summary>
    private static int Lengths(OperationCase c, int n)
    {
        int step = c.Random.NextInt32(4);
        c.AddIntegers([n], [.. Enumerable.Range(0, n).Select(_ => c.Random.NextInt32(2) == 0 ? step : step + 1)]);
        c.SavedIntegers = _ => n;
        return step;
    }

    private static int Wanted(InputSet wanted) => Enumerable.Range(0, InputSet.Most).Count(wanted.Contains);
}
