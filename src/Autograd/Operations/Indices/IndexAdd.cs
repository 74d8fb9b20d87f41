namespace ResearchFreeze.Autograd;

/// <summary>y = x, and y[ids[i]] += rows[i]; dx = dy, drows[i] = dy[ids[i]]. Inputs: x, rows, ids.</summary>
public sealed class IndexAddFunction : Function
{
    private const int Ids = 0;

    internal static readonly IndexAddFunction Instance = new();

    /// <inheritdoc/>
    public override string Name => "index add";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape, rows = inputs[1].Shape, ids = inputs[2].Shape;
        if (x.Rank == 0 || ids.Rank != 1 || rows.Rank != x.Rank || rows != x.With(0, ids[0])) throw new ShapeException($"index add: ids {ids} and rows {rows} do not fit {x}.");
        (inputs[2] as IntTensor)?.CheckBelow(x[0], Name, "id");
        Tensor y = context.Result(x);
        context.Device.Copy(inputs[0].Range, y.Range);
        if (ids[0] > 0) context.Device.ScatterRows(x.CountOf(1, x.Rank), inputs[2].Range, inputs[1].Range, y.Range, beta: 1);
        context.Save(Ids, inputs[2], InputSet.Of(1));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        if (input == 0)
        {
            dx.Pass(dy);
            return;
        }
        int columns = dy.Shape.CountOf(1, dy.Shape.Rank);
        TensorRange to = dx.Open(out float beta);
        if (beta == 0)
        {
            context.Device.GatherRows(columns, dy.Range, context.Saved(Ids).Range, to);
            return;
        }
        using Tensor gathered = context.Temporary(dx.Shape);
        context.Device.GatherRows(columns, dy.Range, context.Saved(Ids).Range, gathered.Range);
        context.Device.AddScaled(1, gathered.Range, beta, to);
    }
}
