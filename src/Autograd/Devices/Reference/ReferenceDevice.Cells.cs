namespace ResearchFreeze.Autograd;

// One step of recurrent layers, unit by unit.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void LstmCellCore(in CellShape shape, TensorRange part, TensorRange product, TensorRange cell, TensorRange? hidden, TensorRange? lengths, TensorRange y)
    {
        Span<double> z = Reals(part), q = Reals(product), c = Reals(cell), to = Reals(y);
        for (int i = 0; i < shape.Count; i++)
        {
            if (HasEnded(shape, lengths, i)) (to[i], to[shape.Count + i]) = (Reals(hidden!.Value)[i], c[i]);
            else (to[i], to[shape.Count + i]) = LstmOp<double, DoubleMath>.Next(Gate(shape, 4, i, 0, z, q), Gate(shape, 4, i, 1, z, q), Gate(shape, 4, i, 2, z, q), Gate(shape, 4, i, 3, z, q), c[i]);
        }
    }

    /// <inheritdoc/>
    protected override void LstmCellBackwardCore(in CellShape shape, CellInput wanted, TensorRange? part, TensorRange? product, TensorRange? cell, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta)
    {
        Span<double> from = Reals(dy), to = Reals(dx);
        for (int i = 0; i < shape.Count; i++)
        {
            (double dhidden, double dcell, bool ended) = (from[i], from[shape.Count + i], HasEnded(shape, lengths, i));
            if (wanted == CellInput.Hidden)
            {
                Store(ref to[i], ended ? dhidden : 0, beta);
                continue;
            }
            Span<double> z = Reals(part!.Value), q = Reals(product!.Value);
            (double input, double forget, double candidate, double output, double c) = (Gate(shape, 4, i, 0, z, q), Gate(shape, 4, i, 1, z, q), Gate(shape, 4, i, 2, z, q), Gate(shape, 4, i, 3, z, q), Reals(cell!.Value)[i]);
            if (wanted == CellInput.State)
            {
                Store(ref to[i], ended ? dcell : LstmOp<double, DoubleMath>.CellGradient(input, forget, candidate, output, c, dhidden, dcell), beta);
                continue;
            }
            (double di, double df, double dg, double @do) = ended ? default : LstmOp<double, DoubleMath>.GateGradients(input, forget, candidate, output, c, dhidden, dcell);
            Store(ref to[Place(shape, 4, i, 0)], di, beta);
            Store(ref to[Place(shape, 4, i, 1)], df, beta);
            Store(ref to[Place(shape, 4, i, 2)], dg, beta);
            Store(ref to[Place(shape, 4, i, 3)], @do, beta);
        }
    }

    /// <inheritdoc/>
    protected override void GruCellCore(in CellShape shape, TensorRange part, TensorRange product, TensorRange hidden, TensorRange? lengths, TensorRange y)
    {
        Span<double> p = Reals(part), q = Reals(product), h = Reals(hidden), to = Reals(y);
        for (int i = 0; i < shape.Count; i++)
        {
            to[i] = HasEnded(shape, lengths, i) ? h[i]
                : GruOp<double, DoubleMath>.Next(Gate(shape, 3, i, 0, p, q), Gate(shape, 3, i, 1, p, q), p[Place(shape, 3, i, 2)], q[Place(shape, 3, i, 2)], h[i]);
        }
    }

    /// <inheritdoc/>
    protected override void GruCellBackwardCore(in CellShape shape, CellInput wanted, TensorRange part, TensorRange product, TensorRange? hidden, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta)
    {
        Span<double> p = Reals(part), q = Reals(product), from = Reals(dy), to = Reals(dx);
        for (int i = 0; i < shape.Count; i++)
        {
            bool ended = HasEnded(shape, lengths, i);
            double update = Gate(shape, 3, i, 1, p, q);
            if (wanted == CellInput.State)
            {
                Store(ref to[i], ended ? from[i] : GruOp<double, DoubleMath>.HiddenGradient(update, from[i]), beta);
                continue;
            }
            int last = Place(shape, 3, i, 2);
            (double dr, double dz, double dn, double dq) = ended ? default : GruOp<double, DoubleMath>.GateGradients(Gate(shape, 3, i, 0, p, q), update, p[last], q[last], Reals(hidden!.Value)[i], from[i]);
            Store(ref to[Place(shape, 3, i, 0)], dr, beta);
            Store(ref to[Place(shape, 3, i, 1)], dz, beta);
            Store(ref to[last], wanted == CellInput.Part ? dn : dq, beta);
        }
    }

    private bool HasEnded(in CellShape shape, TensorRange? lengths, int i) => lengths is { } range && shape.Step >= Integers(range)[i / shape.Width];

    /// <summary>Where a gate of unit i of all rows is.</summary>
    private static int Place(in CellShape shape, int gates, int i, int gate) => (((i / shape.Width * gates) + gate) * shape.Width) + (i % shape.Width);

    private static double Gate(in CellShape shape, int gates, int i, int gate, Span<double> part, Span<double> product) => part[Place(shape, gates, i, gate)] + product[Place(shape, gates, i, gate)];
}
