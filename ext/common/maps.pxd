# Maps that Python hands to kernels: (rows, cols), rows one after the other.

ctypedef float[:, ::1] FloatMap
ctypedef const float[:, ::1] ConstFloatMap
ctypedef unsigned char[:, ::1] ByteMap
ctypedef const unsigned char[:, ::1] ConstByteMap
ctypedef unsigned short[:, ::1] ReasonMap       # bits of farside.terrain.hazards.Reason
