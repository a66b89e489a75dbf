"""Synthetic people filmed on the iPER protocol: the embedded data set.

Rest space is the A-pose of a person of unit height scale: metres, x to the person's left, y up,
z to the person's front, the floor at y = 0. The world has the same axes and the person's size.
The modules in the order in which a clip is made:

strata     draws that are even over consecutive people
people     who they are: build, skin, hair, face
outfits    what they wear
rig        bones, the A-pose, forward kinematics
regions    where on the body a rest-space point lies: parts, skin weights, garment borders
shapes     signed distances and their smooth union
materials  where cloth ends, and what material lies where
flesh      a person's head and limbs as shapes
garments   a person's clothes as shapes
mesh       shapes to a skinned triangle mesh
movements  angles of the A-pose turn and of the free movement
stance     angles to bones and joints, with the feet on the floor
patterns   cloth patterns and prints
trimmings  collars, cuffs, buttons, pockets
textures   colours of skin, hair and cloth
faces      the painted face
raster     triangles to visible samples
room       camera, background, light
shadows    what the light does not reach
render     one frame: image, part labels, depth
clip       a clip to an mp4 file and its truth
"""
