using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Runs of a box along its innermost axis, long ones in pieces.</summary>
internal unsafe struct BoxWork : IRangeWork
{
    public const int Piece = 8192;

    public float* X;
    public float* Y;
    public Walk From;
    public Walk To;
    public int Length;
    public int StrideX;
    public int StrideY;
    public float Beta;

    /// <summary>Pieces of a run.</summary>
    public readonly int Pieces => ((Length - 1) / Piece) + 1;

    public readonly void Run(int start, int end)
    {
        int pieces = Pieces;
        for (int item = start; item < end; item++)
        {
            (int outer, int piece) = pieces == 1 ? (item, 0) : Math.DivRem(item, pieces);
            nint first = (nint)piece * Piece;
            int length = (int)Math.Min(Piece, Length - first);
            float* x = X + From.At(outer) + (first * StrideX), y = Y + To.At(outer) + (first * StrideY);
            if (StrideX != 1 || StrideY != 1) Steps(x, StrideX, y, StrideY, length, Beta);
            else if (Beta == 0) new Span<float>(x, length).CopyTo(new Span<float>(y, length));
            else CpuDevice.AddScaled(1, x, Beta, y, length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Steps(float* x, nint strideX, float* y, nint strideY, int length, float beta)
    {
        if (beta == 0)
        {
            for (int i = 0; i < length; i++, x += strideX, y += strideY) *y = *x;
        }
        else
        {
            for (int i = 0; i < length; i++, x += strideX, y += strideY) *y = *x + (beta * *y);
        }
    }
}
